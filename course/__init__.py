"""The workbench: everything that ./run does."""
