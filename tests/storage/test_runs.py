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


def test_runs_without_a_sign_of_life_are_ended(desk):
    runs = desk.storage.runs
    stale = runs.begin(desk.function_id, desk.now)
    limit = desk.now
    alive = runs.begin(desk.function_id, desk.now)
    assert runs.fail_stale(limit) >= 1
    assert runs.current(desk.function_id).id == alive
    runs.end(alive, desk.now)
    assert runs.last(desk.function_id).id == alive
    assert runs.last(desk.function_id).error is None
    assert stale != alive


def test_a_run_whose_function_is_gone_is_passed_over(desk):
    id = desk.storage.runs.begin(desk.function_id, desk.now)
    desk.storage.functions.delete(desk.function_id)
    desk.storage.runs.update(id, "fitting", 1, 2, desk.now)
    desk.storage.runs.end(id, desk.now)
