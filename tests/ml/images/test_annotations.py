"""Statements about images go out to labelling tools and come back the same."""

import json

import pytest

from ml.data.images.annotations import (
    Annotation,
    Box,
    from_coco,
    from_label_studio,
    to_coco,
    to_label_studio,
)
from ml.errors import WrongInput

STATEMENTS = [
    Annotation("a.png", "crack", Box(10, 20, 30, 40), (300, 200)),
    Annotation("a.png", "inactive", Box(0, 0, 50, 50), (300, 200)),
    Annotation("b.png", "defective", None, (300, 200)),
]
# One task as Label Studio exports it (https://labelstud.io/guide/export, JSON).
TASK = {
    "id": 1,
    "data": {"image": "a.png"},
    "annotations": [
        {
            "id": 7,
            "was_cancelled": False,
            "result": [
                {
                    "type": "choices", "from_name": "class", "to_name": "image",
                    "value": {"choices": ["defective"]},
                },
                {
                    "type": "rectanglelabels", "from_name": "boxes", "to_name": "image",
                    "original_width": 300, "original_height": 200,
                    "value": {"x": 10, "y": 50, "width": 20, "height": 25, "rectanglelabels": ["crack"]},
                },
            ],
        },
        {"id": 8, "was_cancelled": True, "result": []},
    ],
}  # fmt: skip


def written(folder, content):
    file = folder / "annotations.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    return file


def test_coco_goes_out_and_comes_back_the_same(tmp_path):
    document = to_coco(STATEMENTS)
    assert [each["name"] for each in document["categories"]] == ["crack", "defective", "inactive"]
    assert document["annotations"][0]["area"] == 1200
    assert from_coco(written(tmp_path, document)) == STATEMENTS


def test_label_studios_choices_and_rectangles_are_read_in_pixels(tmp_path):
    found = from_label_studio(written(tmp_path, [TASK]))
    assert found == [
        Annotation("a.png", "defective"),
        Annotation("a.png", "crack", Box(30, 100, 60, 50), (300, 200)),
    ]


def test_tasks_go_out_in_their_order_with_what_a_model_thinks():
    tasks = to_label_studio(["b.png", "a.png"], {"a.png": ("defective", 0.6)})
    assert [task["data"]["image"] for task in tasks] == ["b.png", "a.png"]
    assert "predictions" not in tasks[0]
    (prediction,) = tasks[1]["predictions"]
    assert (prediction["score"], prediction["result"][0]["value"]) == (0.6, {"choices": ["defective"]})


@pytest.mark.parametrize(
    ("read", "content", "said"),
    [
        (from_coco, "{", "is no JSON"),
        (from_coco, [], "holds a list, not a dict"),
        (from_coco, {"images": []}, "it needs images, categories and annotations"),
        (
            from_coco,
            {"images": [], "categories": [], "annotations": [{"image_id": 9, "category_id": 1}]},
            "KeyError: 9",
        ),
        (from_label_studio, {}, "holds a dict, not a list"),
        (from_label_studio, [{"image": "a.png", "choice": "crack"}], "export with JSON, not JSON-MIN"),
    ],
)
def test_a_file_of_another_kind_is_refused_by_name(tmp_path, read, content, said):
    with pytest.raises(WrongInput, match=said) as refused:
        read(written(tmp_path, content))
    assert "annotations.json" in str(refused.value)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(WrongInput, match=r"none\.json cannot be read"):
        from_coco(tmp_path / "none.json")


def test_a_label_of_a_whole_image_without_a_size_cannot_go_out():
    with pytest.raises(WrongInput, match="neither a box nor the image's size"):
        to_coco([Annotation("a.png", "defective")])
