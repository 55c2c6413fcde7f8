from batches.engine.share import FairShare


def test_batches_share_by_weight_and_nobody_starves() -> None:
    share = FairShare(100)
    share.join(1, priority=0)
    assert share.of(1) == 100
    share.join(2, priority=0)
    assert (share.of(1), share.of(2)) == (50, 50)
    share.join(3, priority=1)
    assert (share.of(1), share.of(2), share.of(3)) == (25, 25, 50)
    share.join(4, priority=10)
    assert share.of(1) == 1
    share.leave(4)
    share.leave(3)
    assert share.of(1) == 50
