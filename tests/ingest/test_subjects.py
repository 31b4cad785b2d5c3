from pathlib import Path

import pytest

from insonify.core.errors import ConfigError, IngestError
from insonify.ingest.label_table import Stretch, read_label_table
from insonify.ingest.recording import Identity
from insonify.ingest.subjects import FromElsewhere, FromPattern, FromTable

HEADER = Identity(subject="MRN-4711", exam="1.2.3")


def table(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "manifest.csv"
    path.write_text(text)
    return path


def test_a_table_gives_subject_exam_labels_and_parts(tmp_path: Path) -> None:
    path = table(
        tmp_path,
        "\ufeffpath,subject,exam,zone,part\n"
        "a/1.mp4, 7 ,x,3,train\na/2.mp4,7,,,train\nb.mp4,8,,4,test\nc.mp4,,,4,test\n",
    )
    source = FromTable.read(path, ("zone",), "part")
    first = source.known(Path("a/1.mp4"), HEADER)
    assert (first.subject, first.exam, first.labels) == ("7", "x", {"zone": "3"})
    second = source.only(Path("a/2.mp4")).known(Path("a/2.mp4"), HEADER)
    assert (second.subject, second.exam, second.labels) == ("7", "1.2.3", {})
    assert source.parts == {"7": "train", "8": "test"}
    for missing in ("c.mp4", "d.mp4"):
        with pytest.raises(IngestError, match="no row with a subject"):
            source.known(Path(missing), HEADER)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("path,zone\n1.mp4,2\n", "no column 'subject'"),
        ("path,subject\n1.mp4,2\n", "no column 'zone'"),
        ("path,subject,zone,part\n1.mp4,2,3,0\n1.mp4,2,3,0\n", "two rows"),
        ("path,subject,zone,part\n1.mp4,2,3,train\n2.mp4,2,3,test\n", "one part"),
    ],
)
def test_a_table_that_contradicts_itself(text: str, found: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=found):
        FromTable.read(table(tmp_path, text), ("zone",), "part")


def test_a_missing_table_or_one_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00")
    for name in ("nothing.csv", "binary.csv"):
        with pytest.raises(ConfigError, match="cannot be read as CSV"):
            FromTable.read(tmp_path / name, (), None)


def test_a_pattern_over_the_path() -> None:
    source = FromPattern.compile(r"(?P<subject>\d+)_(?P<view>\w)?\d\.jpg", ("view",))
    known = source.known(Path("images/42_A1.jpg"), None)
    assert (known.subject, known.exam, known.labels) == ("42", None, {"view": "A"})
    assert source.known(Path("42_1.jpg"), HEADER).exam == "1.2.3"
    with pytest.raises(IngestError, match="does not match"):
        source.known(Path("images/x.jpg"), None)


@pytest.mark.parametrize(
    ("text", "found"), [("(", "--pattern"), (r"(?P<patient>\d+)", "no group")]
)
def test_a_bad_pattern(text: str, found: str) -> None:
    with pytest.raises(ConfigError, match=found):
        FromPattern.compile(text, ())


def test_without_table_or_pattern() -> None:
    path = Path("ward/1.mp4")
    assert FromElsewhere("dicom").known(path, HEADER).subject == "MRN-4711"
    with pytest.raises(IngestError, match="--subjects-from"):
        FromElsewhere("dicom").known(path, None)
    one, two = (
        FromElsewhere(where).known(path, HEADER) for where in ("folder", "file")
    )
    assert (
        one.subject == FromElsewhere("folder").known(Path("ward/2.mp4"), None).subject
    )
    assert two.subject != FromElsewhere("file").known(Path("ward/2.mp4"), None).subject


def test_stretches(tmp_path: Path) -> None:
    path = table(
        tmp_path,
        "path,task,label,start_s,end_s\n1.mp4,plane,brain,0.5,2\n1.mp4,plane,none,2,\n",
    )
    assert read_label_table(path) == {
        "1.mp4": (
            Stretch("plane", "brain", 0.5, 2.0),
            Stretch("plane", "none", 2.0, None),
        )
    }
    path.write_text("path,task,label,start_s,end_s\n1.mp4,plane,brain,soon,2\n")
    with pytest.raises(ConfigError, match="line 2"):
        read_label_table(path)
