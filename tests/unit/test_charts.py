from datetime import UTC, datetime, timedelta

from adminapp.console import charts
from batches.reports import Bucket, Progress

START = datetime(2026, 1, 1, 12, tzinfo=UTC)


def buckets(*counts: tuple[int, int]) -> list[Bucket]:
    return [
        Bucket(START + timedelta(seconds=10 * n), succeeded, failed, 0)
        for n, (succeeded, failed) in enumerate(counts)
    ]


def test_a_bar_shows_every_item_once() -> None:
    segments = charts.bar(Progress(total=8, pending=1, succeeded=4, failed=2, skipped=1))
    assert [(s.state, s.x, s.width) for s in segments] == [
        ("succeeded", 0.0, 50.0),
        ("failed", 50.0, 25.0),
        ("skipped", 75.0, 12.5),
        ("pending", 87.5, 12.5),
    ]


def test_the_highest_column_fills_the_chart_and_failures_stand_on_successes() -> None:
    chart = charts.throughput(buckets((30, 10), (20, 0)))
    assert chart is not None
    first, second = chart.columns
    assert (first.succeeded, first.failed, first.failed_y) == (90.0, 30.0, 0.0)
    assert (second.succeeded, second.y) == (60.0, 60.0)
    assert chart.top == 4.0


def test_a_short_batch_leaves_room() -> None:
    chart = charts.throughput(buckets((5, 0)))
    assert chart is not None
    assert chart.columns[0].width < charts.WIDTH / 20
    assert chart.last - chart.first == timedelta(minutes=5)


def test_nothing_is_drawn_of_nothing() -> None:
    assert charts.throughput(buckets((0, 0))) is None
