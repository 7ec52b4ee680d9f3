import importlib.util

from checkout import ROOT


def test_the_page_follows_from_the_results() -> None:
    spec = importlib.util.spec_from_file_location("capacity", ROOT / "bench" / "capacity.py")
    assert spec is not None
    assert spec.loader is not None
    capacity = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(capacity)
    assert capacity.PAGE.read_text(encoding="utf-8") == capacity.page(capacity.measured()), (
        "python bench/capacity.py writes it anew"
    )
