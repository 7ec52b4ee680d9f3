from noria.records.prediction import Prediction


def unpredicted(desk, limit=100):
    return {desk.sample(id).data for id, _ in desk.storage.samples.unpredicted(desk.function_id, limit)}


def predict(desk, *samples, version_id=None, label=None):
    rows = [(sample.id, label or desk.a, 0.5) for sample in samples]
    desk.storage.samples.set_predictions(desk.function_id, rows, version_id)


def test_predictions_are_stored_with_their_version(desk):
    sample = desk.add("one")
    predict(desk, sample, version_id="model_x")
    assert desk.sample(sample.id).prediction == Prediction(desk.a, 0.5, "model_x")


def test_predictions_of_labels_and_samples_that_are_gone_are_left_out(desk, other_desk):
    sample, foreign = desk.add("one"), other_desk.add("one")
    predict(desk, sample, foreign, label="label_gone")
    predict(desk, foreign)
    assert desk.sample(sample.id).prediction is None
    assert other_desk.sample(foreign.id).prediction is None


def test_without_a_model_samples_wait_for_a_zero_shot_prediction(desk):
    one = desk.add("one")
    desk.add("two")
    predict(desk, one)
    assert unpredicted(desk) == {"two"}


def test_a_new_live_version_has_everything_to_predict_but_what_is_staged(desk):
    one, two, _ = desk.add("one"), desk.add("two"), desk.add("three")
    desk.capture("staged")
    predict(desk, one)
    live = desk.publish()
    predict(desk, two, version_id="model_0")
    assert unpredicted(desk) == {"one", "two", "three"}
    predict(desk, one, two, version_id=live.id)
    assert unpredicted(desk) == {"three"}


def test_versions_before_and_behind_the_live_id_are_both_other_versions(desk):
    live = desk.publish()
    predict(desk, desk.add("before"), version_id="model_!")
    predict(desk, desk.add("behind"), version_id="model_~")
    predict(desk, desk.add("live"), version_id=live.id)
    assert unpredicted(desk) == {"before", "behind"}


def test_no_more_samples_come_than_asked_for(desk):
    live = desk.publish()
    for i in range(6):
        predict(desk, desk.add(f"text {i}"), version_id=("model_!", None, "model_~")[i % 3])
    assert live.id
    assert len(desk.storage.samples.unpredicted(desk.function_id, 4)) == 4


def test_samples_come_with_their_embedding(desk):
    sample = desk.add("one", embedding=b"12345678")
    assert desk.storage.samples.unpredicted(desk.function_id, 1) == [(sample.id, b"12345678")]


def test_a_deleted_label_has_its_samples_predicted_again(desk):
    live = desk.publish()
    predict(desk, desk.add("one"), version_id=live.id)
    desk.storage.labels.delete(desk.function_id, desk.a, desk.now)
    assert unpredicted(desk) == {"one"}
