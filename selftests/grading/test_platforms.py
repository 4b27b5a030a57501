"""Names by Canvas, Moodle and Blackboard, and Gradescope's metadata, say whose a file is and when it came."""

from datetime import datetime, timezone

import pytest

from course.grading.platforms import metadata, named, sent_again

WHEN = datetime(2026, 11, 20, 22, 41, 5, tzinfo=timezone.utc)


def test_canvas():
    found = named("lovelaceada_4021_99887_step_01.py")
    assert (found.platform, found.who, found.user, found.original) == ("Canvas", "lovelaceada", "4021", "step_01.py")
    assert found.is_late is False and found.order == 99887 and found.time is None
    late = named("lovelaceada_LATE_4021_99890_my_step_01-1.py")
    assert late.is_late and (late.user, late.original) == ("4021", "my_step_01-1.py")


def test_moodle():
    folder = named("Ada Lovelace_12345_assignsubmission_file_")
    assert (folder.platform, folder.who, folder.user, folder.original) == ("Moodle", "Ada Lovelace", "12345", "")
    assert folder.is_late is None
    assert named("Ada Lovelace_12345_assignsubmission_file_hw.zip").original == "hw.zip"
    assert named("Anna_Maria__Noel_7_assignsubmission_file_").who == "Anna Maria Noel"


def test_blackboard():
    found = named("Homework 1_alovelace_attempt_2026-11-20-23-41-05_step_01.py")
    assert (found.platform, found.user, found.original) == ("Blackboard", "alovelace", "step_01.py")
    assert found.time == datetime(2026, 11, 20, 23, 41, 5).astimezone()
    assert named("Homework 1_alovelace_attempt_2026-13-20-23-41-05_step_01.py") is None


@pytest.mark.parametrize("name", ["ada", "step_01.py", "hw_1.zip", "my_step_01_2.py", "ada_1001"])
def test_what_people_name_is_no_platforms(name):
    assert named(name) is None


def test_what_is_sent_again_has_a_number():
    assert sent_again("step_01-2.py") == ("step_01.py", 2) and sent_again("hw-1.zip") == ("hw.zip", 1)
    assert sent_again("step_01.py") == ("step_01.py", 0) and sent_again("a-2026.zip") == ("a-2026.zip", 0)


METADATA = """---
submission_61234567:
  :submitters:
  - :name: Ada Lovelace
    :sid: '01001'
    :email: ada@example.org
  :created_at: 2026-11-20 22:41:05.123456789 Z
  :score: 12.0
  :results:
    output: ":submitters: nobody"
submission_61234568:
  :submitters:
  - :name: Bob Hope
    :sid: 01002
  - :name: Eve
  :created_at: !ruby/object:ActiveSupport::TimeWithZone
    utc: &1 2026-11-20 22:41:05.000000000 Z
    zone: !ruby/object:ActiveSupport::TimeZone
      name: Etc/UTC
    time: *1
submission_61234569:
  :submitters: []
"""


def test_gradescope(tmp_path):
    path = tmp_path / "submission_metadata.yml"
    path.write_text(METADATA)
    one, two, nobody = metadata(path)
    assert one.folder == "submission_61234567" and one.time.replace(microsecond=0) == WHEN
    assert one.submitters == ({"name": "Ada Lovelace", "sid": "01001", "email": "ada@example.org"},)
    assert [each.get("sid") for each in two.submitters] == ["01002", None] and two.time == WHEN
    assert nobody.submitters == () and nobody.time is None


@pytest.mark.parametrize("text", ["- 1\n", "a: [", "!!python/object/apply:os.system [id]", ""])
def test_what_is_no_metadata_is_refused(tmp_path, text):
    path = tmp_path / "submission_metadata.yml"
    path.write_text(text)
    with pytest.raises(ValueError, match="submission_metadata.yml"):
        metadata(path)
