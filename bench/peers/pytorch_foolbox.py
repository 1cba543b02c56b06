"""foolbox as a peer of the benchmarks: its L2DeepFoolAttack as it is, on the network of pytorch.py and in its manner, with
contiguous or channels_last tensors, whichever is faster. Needs foolbox and eagerpy where Python finds them.

    {"do": "prepare", "op": "deepfool_foolbox", "images": "images.bin", "batch": 64, "classes": 10, "out": "result.bin"}
"""
import foolbox
import torch

from pytorch import Peer, fastest, serve

# DeepFool is timed at the batch given; which layout is faster, so many images tell.
SAMPLE = 16


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

        def run(layout, count):
            criterion = foolbox.criteria.Misclassification(labels[:count])
            return attack.run(self.models[layout], x[layout][:count], criterion)

        how, times = fastest({layout: (lambda layout=layout: run(layout, SAMPLE)) for layout in x})
        self.call = lambda: run(how, len(labels))
        moved = self.call()
        with torch.no_grad():
            (moved - x[how]).permute(0, 2, 3, 1).contiguous().numpy().tofile(request["out"])
            found = self.nets[how](moved).argmax(1)
        return {"labels": labels.tolist(), "newLabels": found.tolist(), "how": how, "tried": times}


if __name__ == "__main__":
    serve(FoolboxPeer(torch.device("cpu")))
