"""What somebody decides by hand is read from a file that no run changes, and what makes no sense there is refused."""

import pytest

from course.grading import overrides
from course.grading.overrides import Override
from course.refusal import Refusal


def test_the_first_run_leaves_a_file_to_fill_in(tmp_path):
    assert overrides.read(tmp_path / "grades") == []
    path = tmp_path / "grades" / "overrides.csv"
    assert path.read_text(encoding="utf-8-sig") == "id,step,points,comment\n"
    path.write_text("id,step,points,comment\n1001,,12,Well done\n")
    assert overrides.read(tmp_path / "grades") == [Override("1001", None, 12.0, "Well done")]
    assert path.read_text() == "id,step,points,comment\n1001,,12,Well done\n"


@pytest.mark.parametrize(
    "text",
    [
        '\ufeffid,step,points,comment\n1001,8,1.5,"Yes, right"\n\n,,,\n',
        'id;step;points;comment\r\n1001;step_08;1,5;"Yes, right"\r\n',
        "comment\tID\tPoints\tStep\nYes, right\t1001\t1.5\t08\n",
    ],
)
def test_it_is_read_as_spreadsheets_write_it(tmp_path, text):
    (tmp_path / "overrides.csv").write_text(text, newline="")
    (found,) = overrides.read(tmp_path)
    assert found == Override("1001", 8, 1.5, "Yes, right")
    assert str(found) == "step 08: 1.5 points by hand: Yes, right"


@pytest.mark.parametrize(
    ("rows", "named"),
    [
        ("1001,99,1,\n", "line 2: '99' is not a step"),
        ("1001,8,lots,\n", "line 2: 'lots': expected points"),
        ("1001,8,-1,\n", "line 2: '-1'"),
        ("1001,8,nan,\n", "line 2: 'nan'"),
        ("1001,8,,\n", "neither points nor a comment for '1001'"),
        (",8,1,why\n", "no id beside 'why'"),
        ("1001,8,1,\n1001,8,2,\n", "line 3: '1001' has such a row already"),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path, rows, named):
    (tmp_path / "overrides.csv").write_text("id,step,points,comment\n" + rows)
    with pytest.raises(Refusal) as error:
        overrides.read(tmp_path)
    assert named in str(error.value) and "overrides.csv" in str(error.value)


def test_other_columns_and_other_people_are_refused(tmp_path):
    (tmp_path / "overrides.csv").write_text("id,grade\n1001,A\n")
    with pytest.raises(Refusal, match="line 1: expected id, step, points, comment, got 'id,grade'"):
        overrides.read(tmp_path)
    with pytest.raises(Refusal, match="'1009' is neither in the roster nor a submission"):
        overrides.refuse_strangers([Override("1009", None, 1.0)], {"1001"}, tmp_path)
