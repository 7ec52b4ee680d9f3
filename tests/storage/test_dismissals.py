from noria.storage.dismissals import KEPT


def test_a_dismissed_group_is_kept_with_its_samples(desk, other_desk):
    dismissals = desk.storage.dismissals
    dismissals.add(desk.function_id, ["sample_1", "sample_2"], "ada", desk.now)
    dismissals.add(desk.function_id, ["sample_3"], "ada", desk.now)
    assert dismissals.of(desk.function_id) == [["sample_3"], ["sample_1", "sample_2"]]
    assert dismissals.of(other_desk.function_id) == []


def test_only_the_newest_are_kept(desk):
    dismissals = desk.storage.dismissals
    for i in range(KEPT + 2):
        dismissals.add(desk.function_id, [f"sample_{i}"], "ada", desk.now)
    kept = dismissals.of(desk.function_id)
    assert (len(kept), kept[0], kept[-1]) == (KEPT, [f"sample_{KEPT + 1}"], ["sample_2"])
