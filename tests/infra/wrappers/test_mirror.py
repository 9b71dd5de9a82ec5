"""The mirror of a root module: what is linked, what is real, what is left out."""

from infra.wrappers.mirror import Mirror


def write(folder, **files):
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.tf").write_text(text)
    return folder


def test_modules_that_modules_use_are_found(tmp_path):
    leaf = write(tmp_path / "modules" / "leaf", main="")
    middle = write(tmp_path / "modules" / "middle", main='module "leaf" {\n  source = "../leaf"\n}\n')
    root = write(tmp_path / "roots" / "one", main='module "m" {\n  source = "../../modules/middle"\n}\n')
    mirror = Mirror.of(root)
    assert mirror.modules == (middle, leaf)
    assert mirror.base == tmp_path
    folder = mirror.build(tmp_path / "mirror", {})
    assert folder == tmp_path / "mirror" / "roots" / "one"
    assert not (tmp_path / "mirror" / "modules" / "leaf").is_symlink()
    assert (tmp_path / "mirror" / "modules" / "leaf" / "main.tf").is_symlink()


def test_files_that_the_root_reaches_outside_itself_are_there(tmp_path):
    (tmp_path / "shared.json").write_text("{}")
    root = write(
        tmp_path / "roots" / "one", main='locals {\n  x = file("${path.root}/../../shared.json")\n}\n'
    )
    folder = Mirror.of(root).build(tmp_path / "roots" / "mirror", {})
    assert (folder / ".." / ".." / "shared.json").read_text() == "{}"


def test_state_and_data_of_bare_terraform_are_left_out_and_generated_files_win(tmp_path):
    root = write(tmp_path / "one", main="", made="old")
    (root / ".terraform").mkdir()
    (root / "terraform.tfstate").write_text("{}")
    (root / "made.tf.json").write_text("old")
    folder = Mirror.of(root).build(tmp_path / "mirror", {"made.tf.json": {"new": True}})
    assert sorted(path.name for path in folder.iterdir()) == ["made.tf", "made.tf.json", "main.tf"]
    assert (folder / "made.tf.json").read_text() == '{\n  "new": true\n}'
    assert (folder / "made.tf.json").stat().st_mode & 0o777 == 0o600
    assert (root / "made.tf.json").read_text() == "old"


def test_building_it_anew_forgets_what_was_there(tmp_path):
    root = write(tmp_path / "one", main="")
    mirror = Mirror.of(root)
    (mirror.build(tmp_path / "mirror", {"imports.tf.json": {}}) / "scratch").write_text("")
    again = mirror.build(tmp_path / "mirror", {})
    assert [path.name for path in again.iterdir()] == ["main.tf"]
