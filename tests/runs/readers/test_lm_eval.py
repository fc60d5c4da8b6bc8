import json
from pathlib import Path
from typing import Any

import pytest

from forecaster.errors import RunsError
from forecaster.runs.read import read_runs


def results(model: str, size: float, *, in_config: bool = True) -> dict[str, Any]:
    scores = {
        "arc_easy": {"alias": "arc_easy", "acc,none": 0.3 + size / 1e10, "acc_stderr,none": 0.01},
        "wikitext": {
            "alias": "wikitext",
            "word_perplexity,none": 20.0 - size / 1e9,
            "word_perplexity_stderr,none": "N/A",
        },
    }
    config: dict[str, Any] = {"model": "hf", "model_args": f"pretrained={model},dtype=float16"}
    if in_config:
        config["model_num_parameters"] = size
    return {"results": scores, "config": config, "versions": {"arc_easy": 1.0}, "n-shot": {"arc_easy": 0}}


MODELS = [results(f"lab/m-{i}", i * 1e9) for i in (1, 2, 4)]

COLUMNS = {"N": "model_num_parameters", "loss": "acc,none"}


@pytest.mark.parametrize("kind", [".json", ".jsonl"])
def test_models_and_tasks_are_rows_of_which_one_task_is_kept(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"results{kind}"
    path.write_text(json.dumps(MODELS) if kind == ".json" else "\n".join(map(json.dumps, MODELS)))
    with pytest.raises(RunsError, match=r"2 of them by column task \(arc_easy, wikitext\); keep one by `where`"):
        read_runs(path, columns=COLUMNS)
    runs = read_runs(path, columns=COLUMNS, where="task == 'arc_easy'")
    assert runs.column("N").tolist() == [1e9, 2e9, 4e9] and runs.column("loss").tolist() == [0.4, 0.5, 0.7]
    assert runs.table["model"].tolist() == ["lab/m-1", "lab/m-2", "lab/m-4"]
    assert "3 models on 2 tasks" in runs.notes[0].text and runs.places[0] == "lab/m-1, arc_easy"


def test_one_file_is_one_model_and_the_error_names_its_scores(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    path.write_text(json.dumps(MODELS[0]))
    with pytest.raises(RunsError, match=r"name a score \(acc,none, word_perplexity,none\) and the size"):
        read_runs(path)
    path.write_text(json.dumps(results("m", 1e9, in_config=False)))
    with pytest.raises(RunsError, match="no size of the model, so add one"):
        read_runs(path)


def test_results_without_a_score_are_refused_and_other_objects_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    path.write_text(json.dumps({"results": {"arc": {"alias": "arc"}}, "config": {}}))
    with pytest.raises(RunsError, match="hold no score"):
        read_runs(path)
    path.write_text(json.dumps({"N": [1e8, 2e8], "loss": [3, 2]}))
    assert read_runs(path).notes == ()
