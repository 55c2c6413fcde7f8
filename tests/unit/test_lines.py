import csv
import io
from typing import BinaryIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile
from hypothesis import given
from hypothesis import strategies as st

from batches.lines import MAX_SHOWN, BadInput, Line, csv_columns, read_file, read_text


def texts(lines: list[Line]) -> list[str]:
    return [line.text for line in lines if not line.problem]


def problems(lines: list[Line]) -> dict[int, str]:
    return {line.number: line.problem for line in lines if line.problem}


def of_file(content: bytes, name: str = "list.txt", column: str | int | None = None) -> list[Line]:
    return list(read_file(io.BytesIO(content), name, column))


def of_csv(content: str, column: str | int | None = None) -> list[Line]:
    return of_file(content.encode(), "list.csv", column)


def test_blank_lines_count_as_lines_and_nothing_else() -> None:
    lines = list(read_text("\ufeff\n  a.example \n\t\n# b\r\nc\rd"))
    assert lines == [Line(2, "a.example"), Line(4, "# b"), Line(5, "c"), Line(6, "d")]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a\0b", "has a NUL character at position 2"),
        ("ab\ud800", "has half a character (a lone surrogate) at position 3"),
        ("x" * 2_049, "longer than 2,048 characters"),
        ("ä" * 1_000_000, "longer than 2,048 characters"),
    ],
)
def test_a_line_that_cannot_be_stored_is_refused_alone(text: str, words: str) -> None:
    before, bad, after = read_text(f"good\n{text}\ngood too")
    assert (before.problem, after.problem) == ("", "")
    assert (bad.number, bad.problem) == (2, words)
    assert len(bad.text) <= MAX_SHOWN
    bad.text.encode()
    assert "\0" not in bad.text


def test_a_line_of_a_megabyte_in_a_file_is_refused_alone() -> None:
    lines = of_file(b"good\n" + b"x" * 1_000_000 + b"\ngood too\n")
    assert texts(lines) == ["good", "good too"]
    assert problems(lines) == {2: "longer than 2,048 characters"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_the_byte_order_mark_decides(encoding: str) -> None:
    assert texts(of_file("bäcker.example\r\n東京\r\n".encode(encoding))) == [
        "bäcker.example",
        "東京",
    ]


def test_lines_in_another_encoding_are_refused_with_the_byte() -> None:
    lines = of_file("good.example\nbäcker.example\nfine.example".encode("latin-1"))
    assert texts(lines) == ["good.example", "fine.example"]
    assert problems(lines) == {
        2: "byte 0xE4 at position 2 is not UTF-8: save the file as UTF-8",
    }


def test_a_truncated_utf_16_file_keeps_its_lines() -> None:
    lines = of_file("one\ntwo\nthree".encode("utf-16")[:-1])
    assert texts(lines) == ["one", "two"]
    assert list(problems(lines)) == [3]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\x03\x04rest", "Save the sheet as CSV"),
        (b"\xd0\xcf\x11\xe0rest", "Save the sheet as CSV"),
        (b"%PDF-1.7", "PDF"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(32)) * 9, "byte 7 is 0x1A"),
        ("no byte order mark".encode("utf-16-le"), "byte 2 is 0x00"),
    ],
)
def test_a_file_that_is_no_text_is_refused(content: bytes, words: str) -> None:
    with pytest.raises(BadInput, match=words) as caught:
        read_file(io.BytesIO(content), "list.txt")
    assert caught.value.field == "file"


def test_one_nul_in_a_file_costs_one_line() -> None:
    lines = of_file(b"one\ntw\0o\nthree")
    assert texts(lines) == ["one", "three"]


def test_uploads_and_pipes_are_read_alike() -> None:
    content = b"one\n" * 20_000
    upload = TemporaryUploadedFile("list.txt", "text/plain", len(content), None)
    upload.write(content)
    upload.seek(0)
    for file in (upload, SimpleUploadedFile("list.txt", content), Pipe(content)):
        assert len(list(read_file(as_binary(file), "list.txt"))) == 20_000
    assert not upload.closed
    upload.close()


class Pipe(io.BytesIO):
    def seekable(self) -> bool:
        return False

    def seek(self, *args: object) -> int:
        raise io.UnsupportedOperation("seek")

    tell = seek


def as_binary(file: object) -> BinaryIO:
    return file  # type: ignore[return-value]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_a_column_by_name_whatever_the_separator(separator: str) -> None:
    rows = [["Company", "Web page"], [f'A{separator}"B"', "a.example"], ["C", "c.example"]]
    lines = of_csv(written(rows, separator), "web PAGE")
    assert lines == [Line(2, "a.example"), Line(3, "c.example")]


def test_excel_says_its_separator() -> None:
    assert of_csv("sep=;\nname;domain\na,b,c;a.example\n") == [Line(3, "a.example")]


def written(rows: list[list[str]], separator: str = ",") -> str:
    file = io.StringIO()
    csv.writer(file, delimiter=separator).writerows(rows)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "column", "expected"),
    [
        ("domain\na.example\n", None, ["a.example"]),
        ("a.example\nb.example\n", None, ["a.example", "b.example"]),
        ("Firma\na.example\n", None, ["a.example"]),
        ("one\ntwo\n", None, ["one", "two"]),
        ("name,domain\nA,a.example\n", None, ["a.example"]),
        ("name,domain\nA,a.example\n", 1, ["name", "A"]),
        ("name,domain\nA,a.example\n", 2, ["a.example"]),
        ("A,a.example\nB,b.example\n", "2", ["a.example", "b.example"]),
        # The first row was offered as names, but is data.
        ("A,a.example\nB,b.example\n", "a.example", ["a.example", "b.example"]),
        ("url\nhttps://a.example/?b=1,2\n", None, ["https://a.example/?b=1,2"]),
        ('"domain"\n"a.example"\n', None, ["a.example"]),
        ("", None, []),
    ],
)
def test_the_first_row_is_names_or_data(
    content: str, column: str | int | None, expected: list[str]
) -> None:
    assert texts(of_csv(content, column)) == expected


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ("phone", "There is no column “phone”. The file has: “name”, “street”, “column 3”."),
        (4, "There is no column “4”."),
        (0, "There is no column “0”."),
        (None, "Which column[?] The file has: “name”"),
    ],
)
def test_a_missing_column_is_answered_with_those_that_exist(
    column: str | int | None, words: str
) -> None:
    with pytest.raises(BadInput, match=words) as caught:
        of_csv("name,street,\nA,B,C\n", column)
    assert caught.value.field == "column"


def test_rows_that_do_not_fit_are_refused_alone() -> None:
    lines = of_csv("name,domain\nA,a.example\nB\nC,\nD, Inc,d.example\n,,\nE,e.example,,\n")
    assert texts(lines) == ["a.example", "e.example"]
    assert problems(lines) == {
        3: "has nothing in the column “domain”",
        4: "has nothing in the column “domain”",
        5: "has 3 cells where the first row has 2: put quotation marks around text that contains “,”",
    }


def test_an_unclosed_quote_costs_one_row() -> None:
    rows = "".join(f"n{n},n{n}.example\n" for n in range(20_000))
    lines = of_csv(f'name,domain\n"A,a.example\n{rows}"B" Ltd,b.example\n"C,c.example\nd,d.example')
    assert problems(lines) == {
        2: "its quotation marks don't pair up",
        20_004: "its quotation marks don't pair up",
    }
    assert len(texts(lines)) == 20_002
    assert texts(lines)[-2:] == ["b.example", "d.example"]


def test_quoted_text_may_run_over_lines_but_a_target_may_not() -> None:
    lines = of_csv('note,domain\n"one\ntwo",a.example\nx,"b.\nexample"\ny,c.example\n')
    assert lines == [
        Line(2, "a.example"),
        Line(4, "b.\nexample", "runs over several lines"),
        Line(6, "c.example"),
    ]


def test_a_line_of_a_megabyte_in_a_csv_file_is_refused_alone() -> None:
    lines = of_csv(f'domain\na.example\n"{"x" * 1_000_000}"\nb.example\n')
    assert texts(lines) == ["a.example", "b.example"]
    assert list(problems(lines)) == [3]


def test_csv_columns_leaves_the_file_at_its_start() -> None:
    file = io.BytesIO("Name;Größe;;domain\n".encode())
    assert csv_columns(file) == ["Name", "Größe", "column 3", "domain"]
    assert file.tell() == 0
    assert csv_columns(io.BytesIO(b"")) == []


@given(st.lists(st.text(max_size=40), max_size=30))
def test_every_line_of_a_file_is_read_as_it_stands(values: list[str]) -> None:
    content = "\n".join(values).encode("utf-8", "surrogatepass")
    try:
        lines = of_file(content)
    except BadInput as error:
        assert "not text" in str(error)  # noqa: PT017 -- either outcome is right, for its own reason
        return
    expected = [line.strip() for line in io.StringIO("\n".join(values), newline=None)]
    assert [line.number for line in lines] == [n for n, text in enumerate(expected, 1) if text]
    for line in lines:
        assert line.problem or line.text == expected[line.number - 1]


CELLS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1, max_size=20)


@given(st.lists(st.tuples(CELLS, CELLS), max_size=20), st.sampled_from(",;\t|"))
def test_what_a_csv_writer_wrote_is_read_back(rows: list[tuple[str, str]], separator: str) -> None:
    table = [["note", "domain"], *map(list, rows)]
    lines = of_csv(written(table, separator), "domain")
    assert texts(lines) == [text.strip() for _, text in rows if text.strip()]
