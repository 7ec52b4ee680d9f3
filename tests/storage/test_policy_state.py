def test_there_is_no_state_before_the_first(desk):
    assert desk.storage.policy_state.load(desk.function_id) is None


def test_the_state_saved_last_is_loaded(desk, other_desk):
    desk.storage.policy_state.save(desk.function_id, {"tau": 0.5, "means": {"Random": [1, 2.5]}}, desk.now)
    desk.storage.policy_state.save(other_desk.function_id, {}, desk.now)
    assert desk.storage.policy_state.load(desk.function_id) == {"tau": 0.5, "means": {"Random": [1, 2.5]}}
    desk.storage.policy_state.save(desk.function_id, {"tau": 0.25}, desk.now)
    assert desk.storage.policy_state.load(desk.function_id) == {"tau": 0.25}
