from pathlib import Path

from dictate.control_groups import cgroup_bytes


def test_the_tightest_limit_of_a_control_group_counts(tmp_path: Path):
    own = tmp_path / "own"
    own.write_text("0::/user/session\n")
    group = tmp_path / "user" / "session"
    group.mkdir(parents=True)
    for folder, limit, used in ((group, "max", "5"), (group.parent, "1000", "700")):
        (folder / "memory.max").write_text(limit)
        (folder / "memory.current").write_text(used)
    (group.parent / "memory.stat").write_text("anon 500\ninactive_file 200\n")
    assert list(cgroup_bytes(tmp_path, own)) == [500]


def test_limits_of_the_first_version_count(tmp_path: Path):
    own = tmp_path / "own"
    own.write_text("9:name=systemd:/\n4:memory,hugetlb:/docker/1\n1:cpu:/\n")
    # In a container the own group is mounted at the top.
    top = tmp_path / "memory"
    top.mkdir()
    (top / "memory.limit_in_bytes").write_text("900")
    (top / "memory.usage_in_bytes").write_text("1000")
    assert list(cgroup_bytes(tmp_path, own)) == [0]
    assert list(cgroup_bytes(tmp_path, tmp_path / "none")) == []
