"""Describes our GPT-2 to MAX's server: its configuration, its cache, how to load it, and how to form batches."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from max.dtype import DType
from max.experimental import functional as F
from max.experimental.tensor import default_dtype
from max.graph import DeviceRef
from max.graph.weights import WeightsFormat
from max.nn.kv_cache import KVCacheParams
from max.pipelines.architectures.llama3_modulev3.batch_processor import Llama3ModuleV3BatchProcessor
from max.pipelines.context import TextContext
from max.pipelines.kv_cache import cache_dtype_for_encoding
from max.pipelines.kv_cache.memory_planner import PagedMemoryPlanner
from max.pipelines.lib import (
    KVCacheConfig,
    MAXModelConfig,
    ModuleV3Outputs,
    ModuleV3PipelineModelWithKVCache,
    PipelineConfig,
    SupportedArchitecture,
)
from max.pipelines.lib.config.model_config import _select_quantization_encoding
from max.pipelines.lib.interfaces.arch_config import ArchConfigWithKVCache, ArchConfigWithStoredKVParams
from max.pipelines.lib.log_probabilities import LogProbabilitiesMixin
from max.pipelines.modeling.config_enums import SupportedEncoding, supported_encoding_dtype
from max.pipelines.modeling.types import PipelineTask

from gpt2.bfloat16 import Bfloat16Weights
from gpt2.checkpoint import open_checkpoint, weights_of
from gpt2.family import adapt
from gpt2.serving.paged import PagedGPT2
from gpt2.serving.requests import GPT2Tokenizer, check_request


@dataclass(kw_only=True)
class ServedConfig(ArchConfigWithStoredKVParams, ArchConfigWithKVCache):
    """What MAX needs to know of one GPT-2: types, the longest text, the layout of its cache, devices."""

    DEFAULT_ENCODING: ClassVar[SupportedEncoding] = "bfloat16"
    SUPPORTED_ENCODINGS: ClassVar[set[SupportedEncoding]] = {"float32", "bfloat16"}

    dtype: DType
    max_seq_len: int
    kv_params: KVCacheParams
    devices: list[DeviceRef]

    @classmethod
    def initialize(
        cls, pipeline_config: PipelineConfig, model_config: MAXModelConfig | None = None, *, max_seq_len: int
    ) -> "ServedConfig":
        model = model_config or pipeline_config.model
        encoding = _select_quantization_encoding(model, cls.DEFAULT_ENCODING)
        devices = [DeviceRef(spec.device_type, spec.id) for spec in model.device_specs]
        kv_params = cls.construct_kv_params(
            model.huggingface_config,
            pipeline_config,
            devices,
            model.kv_cache,
            cache_dtype_for_encoding(encoding, model.kv_cache.kv_cache_format),
        )
        return cls(
            dtype=supported_encoding_dtype(encoding), max_seq_len=max_seq_len, kv_params=kv_params, devices=devices
        )

    @classmethod
    def construct_kv_params(
        cls,
        huggingface_config: Any,
        pipeline_config: PipelineConfig,
        devices: list[DeviceRef],
        kv_cache_config: KVCacheConfig,
        cache_dtype: DType,
    ) -> KVCacheParams:
        """The layout of the cache: every head of GPT-2 has keys and values of its own."""
        return kv_cache_config.to_params(
            dtype=cache_dtype,
            n_kv_heads=huggingface_config.n_head,
            head_dim=huggingface_config.n_embd // huggingface_config.n_head,
            num_layers=huggingface_config.n_layer,
            devices=devices,
        )


class ServedGPT2(LogProbabilitiesMixin, ModuleV3PipelineModelWithKVCache[TextContext]):
    """The paged model, loaded from a checkpoint. Its batches are formed like those of MAX's own Llama."""

    model_config_cls = ServedConfig
    batch_processor_cls = Llama3ModuleV3BatchProcessor

    def load_model(self) -> Callable[..., ModuleV3Outputs]:
        """Read the checkpoint with ``gpt2.checkpoint``, and compile the model for batches of any size."""
        checkpoint = open_checkpoint(self.pipeline_config.model.model_path)
        with F.lazy(), default_dtype(self.dtype):
            model = PagedGPT2(checkpoint.config, self.kv_params)
            adapt(model, checkpoint.config, checkpoint.family)
            model = model.to(self.devices[0])
        inputs = self.batch_processor.get_symbolic_inputs(kv_params=self.kv_params, device_refs=self.device_refs)
        stored = weights_of(checkpoint)
        weights = Bfloat16Weights(stored) if self.dtype == DType.bfloat16 else stored
        compiled: Callable[..., ModuleV3Outputs] = model.compile(*inputs, weights=weights)
        return compiled


GPT2_ARCHITECTURE = SupportedArchitecture(
    name="GPT2LMHeadModel",
    example_repo_ids=["openai-community/gpt2"],
    default_encoding=ServedConfig.DEFAULT_ENCODING,
    supported_encodings=ServedConfig.SUPPORTED_ENCODINGS,
    pipeline_model=ServedGPT2,
    tokenizer=GPT2Tokenizer,
    context_type=TextContext,
    context_validators=[check_request],
    default_weights_format=WeightsFormat.safetensors,
    task=PipelineTask.TEXT_GENERATION,
    config=ServedConfig,
    batching=Llama3ModuleV3BatchProcessor,
    memory_planner=PagedMemoryPlanner,
    supports_overlap_scheduler=False,
    supports_device_graph_capture=False,
)
