"""foolbox as a peer of the benchmarks: its L2DeepFoolAttack as it is, on the network of pytorch.py and in its manner, with
contiguous or channels_last tensors and as many images a call as is fastest. Needs foolbox and eagerpy where Python finds them.

    {"do": "prepare", "op": "deepfool_foolbox", "images": "images.bin", "batch": 64, "classes": 10, "out": "result.bin"}
"""
import foolbox
import torch

from pytorch import Peer, fastest, serve

# Images a call: foolbox goes on until all images of a call are fooled and computes gradients for those that are, too, so few
# may be faster. Which are, and which layout, so many images tell.
BATCHES = (1, 4, 16, 64)
SAMPLE = 64


class Module(torch.nn.Module):
    """foolbox takes modules only."""

    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, x):
        return self.net(x)


class FoolboxPeer(Peer):
    def open(self, request):
        answer = super().open(request)
        self.models = {
            layout: foolbox.PyTorchModel(Module(net).eval(), bounds=(0, 1), device=self.device) for layout, net in self.nets.items()
        }
        return {**answer, "foolbox": foolbox.__version__}

    def prepare(self, request):
        x = self.images(request["images"], request.get("first", 0), request["batch"])
        with torch.no_grad():
            labels = self.nets["contiguous"](x["contiguous"]).argmax(1)
        attack = foolbox.attacks.L2DeepFoolAttack(steps=50, candidates=request["classes"], overshoot=0.02)

        def run(layout, batch, count):
            moved = []
            for first in range(0, count, batch):
                criterion = foolbox.criteria.Misclassification(labels[first : first + batch])
                moved.append(attack.run(self.models[layout], x[layout][first : first + batch], criterion))
            return torch.cat(moved)

        count = len(labels)
        sample = min(SAMPLE, count)
        names = {f"{layout}, {batch} images a call": (layout, batch) for layout in x for batch in BATCHES if batch <= count}
        calls = {name: (lambda at=at: run(*at, sample)) for name, at in names.items()}
        how, times = fastest(calls, budget=20000, rounds=3)
        layout, batch = names[how]
        self.call = lambda: run(layout, batch, count)
        moved = self.call()
        with torch.no_grad():
            (moved - x[layout]).permute(0, 2, 3, 1).contiguous().numpy().tofile(request["out"])
            found = self.nets[layout](moved).argmax(1)
        return {"labels": labels.tolist(), "newLabels": found.tolist(), "how": how, "tried": times}


if __name__ == "__main__":
    serve(FoolboxPeer(torch.device("cpu")))
