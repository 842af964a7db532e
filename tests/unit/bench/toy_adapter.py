"""An adapter without a library: never proposes the same twice, prints where it must not, fails on demand."""

PACKAGES = ("pip",)


class Adapter:
    """Keeps speaking.Adapter."""

    def __init__(self, start):  # type: ignore[no-untyped-def] # as a user would write it
        self.start = start
        self.num = 0
        print("libraries print")
        if start["problem"]["max_step"] == 1:
            raise NotImplementedError("it needs a fidelity")

    def ask(self):  # type: ignore[no-untyped-def]
        if self.start["options"].get("fails"):
            raise RuntimeError("no more ideas")
        self.num += 1
        names = [p["name"] for p in self.start["problem"]["parameters"]]
        return {"id": str(self.num), "configuration": dict.fromkeys(names, self.num / 1000), "reports_steps": True}

    def report(self, job, step, metrics):  # type: ignore[no-untyped-def]
        return step == 9

    def tell(self, job, step, metrics):  # type: ignore[no-untyped-def]
        assert step == 9
