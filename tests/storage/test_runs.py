from dataclasses import replace


def test_a_run_tells_how_far_it_is(desk):
    runs, at = desk.storage.runs, desk.now
    id = runs.begin(desk.function_id, at)
    begun = runs.current(desk.function_id)
    assert (begun.id, begun.phase, begun.started_at, begun.ended_at) == (id, "starting", at, None)
    beat = desk.now
    runs.update(id, "fitting", 3, 10, beat)
    assert runs.current(desk.function_id) == replace(begun, phase="fitting", done=3, total=10, heartbeat=beat)


def test_an_ended_run_is_the_last_and_no_more_current(desk):
    runs = desk.storage.runs
    id = runs.begin(desk.function_id, desk.now)
    end = desk.now
    runs.end(id, end, error="out of memory")
    assert runs.current(desk.function_id) is None
    assert (runs.last(desk.function_id).ended_at, runs.last(desk.function_id).error) == (end, "out of memory")


def test_there_is_no_run_before_the_first(desk):
    assert desk.storage.runs.current(desk.function_id) is None
    assert desk.storage.runs.last(desk.function_id) is None


def test_the_next_run_of_a_function_ends_one_that_was_left(desk):
    runs = desk.storage.runs
    runs.begin(desk.function_id, desk.now)
    alive = runs.begin(desk.function_id, desk.now)
    assert runs.current(desk.function_id).id == alive
    runs.end(alive, desk.now)
    assert runs.current(desk.function_id) is None
    assert runs.last(desk.function_id).error is None


def test_a_run_that_was_left_is_found_and_ended(desk, other_desk):
    runs = desk.storage.runs
    for each in (desk, other_desk):
        runs.begin(each.function_id, each.now)
    assert {desk.function_id, other_desk.function_id} <= runs.under_way()
    assert runs.end_abandoned(desk.function_id) == 1
    assert "process is gone" in runs.last(desk.function_id).error
    assert desk.function_id not in runs.under_way()
    assert other_desk.function_id in runs.under_way()


def test_a_run_whose_function_is_gone_is_passed_over(desk):
    id = desk.storage.runs.begin(desk.function_id, desk.now)
    desk.storage.functions.delete(desk.function_id)
    desk.storage.runs.update(id, "fitting", 1, 2, desk.now)
    desk.storage.runs.end(id, desk.now)
