"""PyTorch as a peer of the benchmarks: plays a network that the benchmark exported (the same weights) and times, of
several formulations, the one that is fastest on this machine.

Reads one JSON object a line from stdin, answers with one a line; `bench/contenders/child.ts` is the other end.

    {"do": "open", "network": "graph.json", "weights": "weights.bin", "threads": 2}
    {"do": "prepare", "op": "jacobian", "images": "images.bin", "batch": 8, "classes": 10, "out": "result.bin"}
    {"do": "time", "milliseconds": 300}

Jacobians: K backward passes over a retained graph (`loop`), the batch replicated K times (`replicate`), batched
cotangents (`grads_batched`); each with contiguous and with channels_last tensors, and where there is attention with PyTorch's
own function of queries, keys and values (`attention`, contiguous). DeepFool and the universal
perturbation use the formulation that was fastest at their batch size. Parameters never require gradients.

`pytorch.py --device cuda` computes on a GPU: float32 throughout (no TF32), cuDNN picks its algorithms by timing them, and
a call begins with the images and ends with the result in the memory of the CPU, as ours does.
"""
import argparse
import json
import sys
import time
import warnings

import torch
import torch.nn.functional as F

warnings.filterwarnings("ignore")


def selects_channels(weights, strides):
    """Whether a 1x1 convolution only subsamples and pads channels with zeros: then how many before, else None."""
    out, depth = weights.shape[:2]
    if weights.shape[2:] != (1, 1) or out < depth or strides == [1, 1]:
        return None
    before = (out - depth) // 2
    expected = torch.zeros(out, depth)
    expected[before : before + depth] = torch.eye(depth)
    return before if torch.equal(weights[:, :, 0, 0], expected) else None


def conv(node, tensor):
    kernel, groups, filters = node["kernel"], node["groups"], node["filters"]
    hwio = tensor(node["weights"]).view(*kernel, -1, filters)
    weights = hwio.permute(3, 2, 0, 1).contiguous()
    bias = tensor(node["bias"]) if node.get("bias") else None
    strides, dilations = node["strides"], node["dilations"]
    top, left, bottom, right = node["pads"]
    symmetric = (top, left) == (bottom, right)
    before = selects_channels(weights, strides)
    if before is not None and not any(node["pads"]) and (bias is None or not bias.any()):
        after = filters - weights.shape[1] - before
        return [], lambda p, x: F.pad(x[:, :, :: strides[0], :: strides[1]], (0, 0, 0, 0, before, after))

    def run(p, x):
        if not symmetric:
            x = F.pad(x, (left, right, top, bottom))
        padding = (top, left) if symmetric else 0
        return F.conv2d(x, p[0], p[1], strides, padding, dilations, groups)

    return [weights, bias], run


def pool(node, _):
    top, left, bottom, right = node["pads"]
    kernel, strides = node["kernel"], node["strides"]
    if node["op"] == "MaxPool":

        def run(p, x):
            return F.max_pool2d(F.pad(x, (left, right, top, bottom), value=-torch.inf) if any(node["pads"]) else x, kernel, strides)

    else:
        if (top, left) != (bottom, right):
            raise ValueError("AveragePool with uneven padding")

        def run(p, x):
            return F.avg_pool2d(x, kernel, strides, (top, left), count_include_pad=False)

    return [], run


def concat(node, _):
    axis = [2, 3, 1][node["axis"]] if node["channelsFirst"] else node["axis"] + 1
    # What is the same for all images is there once.
    return [], lambda p, *xs: torch.cat([x.expand(max(len(y) for y in xs), *x.shape[1:]) for x in xs], axis)


def clip(node, _):
    # PyTorch's own relu6: the backward pass of clamp is several passes over memory, and MobileNetV2 took twice as long.
    return [], lambda p, x: F.hardtanh(x, node["min"], node["max"])


def gemm(node, tensor):
    weights = tensor(node["weights"]).view(-1, node["units"]).t().contiguous()
    return [weights, tensor(node["bias"]) if node.get("bias") else None], lambda p, x: F.linear(x, p[0], p[1])


def normalization(node, tensor):
    depth = node["shape"][-1:]
    params = [tensor(node[name]) if node.get(name) else None for name in ("scale", "bias")]
    return params, lambda p, x: F.layer_norm(x, depth, p[0], p[1], node["epsilon"])


def slices(node, _):
    steps = node.get("steps") or [1] * len(node["starts"])
    if min(steps) < 1:
        raise ValueError("Slice backwards")
    where = (slice(None), *(slice(*bounds) for bounds in zip(node["starts"], node["ends"], steps)))
    return [], lambda p, x: x[where]


def product(node, _):
    if node.get("transposeB"):
        return [], lambda p, x, y: x @ y.transpose(-1, -2)
    return [], lambda p, x, y: x @ y


def transpose(node, _):
    axes = [0, *(axis + 1 for axis in node["perm"])]
    return [], lambda p, x: x.permute(axes)


def attention(node, _):
    """softmax(q k^T) v in one call."""
    return [], lambda p, q, k, v: F.scaled_dot_product_attention(q, k, v, scale=1.0)


def fused_attention(nodes, output):
    """The nodes with each softmax of a product and the product behind it as one, or None where there is none."""
    readers = {}
    for node in nodes:
        for name in node["inputs"]:
            readers.setdefault(name, []).append(node)
    by_name, gone, fused = {node["name"]: node for node in nodes}, set(), {}
    for node in nodes:
        before = by_name.get(node["inputs"][0]) if node["op"] == "Softmax" else None
        after = readers.get(node["name"], [])
        if not before or before["op"] != "MatMul" or not before.get("transposeB") or len(readers[before["name"]]) != 1:
            continue
        if len(after) != 1 or after[0]["op"] != "MatMul" or after[0].get("transposeB") or after[0]["inputs"][0] != node["name"]:
            continue
        if len(node["shape"]) != 3 or output in (before["name"], node["name"]):
            continue
        gone.update((before["name"], node["name"]))
        fused[after[0]["name"]] = {"op": "Attention", "name": after[0]["name"], "inputs": [*before["inputs"], after[0]["inputs"][1]]}
    return [fused.get(node["name"], node) for node in nodes if node["name"] not in gone] if fused else None


OPERATORS = {
    "Order": lambda n, t: ([], lambda p, x: x.permute([0, 3, 1, 2] if n["channelsFirst"] else [0, 2, 3, 1])),
    "Conv": conv,
    "Gemm": gemm,
    "MatMul": product,
    "Attention": attention,
    "MaxPool": pool,
    "AveragePool": pool,
    "GlobalAveragePool": lambda n, t: ([], lambda p, x: x.mean((2, 3))),
    "Constant": lambda n, t: ([tensor_of(n, t)], lambda p: p[0]),
    "LayerNormalization": normalization,
    "Softmax": lambda n, t: ([], lambda p, x: x.softmax(-1)),
    "Relu": lambda n, t: ([], lambda p, x: F.relu(x)),
    "Gelu": lambda n, t: ([], lambda p, x: F.gelu(x, approximate=n["approximate"])),
    "Swish": lambda n, t: ([], lambda p, x: F.silu(x)),
    "Sigmoid": lambda n, t: ([], lambda p, x: x.sigmoid()),
    "Clip": clip,
    "Add": lambda n, t: ([], lambda p, x, y: x + y),
    "Mul": lambda n, t: ([], lambda p, x, y: x * y),
    "Concat": concat,
    "Slice": slices,
    "Transpose": transpose,
    "Reshape": lambda n, t: ([], lambda p, x: x.reshape(len(x), *n["shape"])),
    "Flatten": lambda n, t: ([], lambda p, x: x.flatten(1)),
    "Identity": lambda n, t: ([], lambda p, x: x),
}


def tensor_of(node, tensor):
    """A constant, for one image."""
    return tensor(node["data"]).view(1, *node["shape"])


class Net:
    """The exported graph. `x` is pixels, NCHW; values are in the order that the graph says."""

    def __init__(self, graph, weights, channels_last, device):
        def tensor(place):
            return torch.from_numpy(weights[place[0] : place[0] + place[1]])

        self.graph, self.steps = graph, []
        for node in graph["nodes"]:
            if node["op"] not in OPERATORS:
                raise ValueError(f"no operator {node['op']}")
            params, run = OPERATORS[node["op"]](node, tensor)
            params = [p.to(device) if p is not None else p for p in params]
            if channels_last:
                params = [p.to(memory_format=torch.channels_last) if p is not None and p.dim() == 4 else p for p in params]
            self.steps.append((node["name"], node["inputs"], params, run))
        self.device = device
        self.scale = torch.tensor(graph["scale"], device=device).view(1, -1, 1, 1)
        self.offset = torch.tensor(graph["offset"], device=device).view(1, -1, 1, 1)

    def __call__(self, x):
        values = {self.graph["input"]: x * self.scale + self.offset}
        for name, inputs, params, run in self.steps:
            values[name] = run(params, *(values[i] for i in inputs))
        return values[self.graph["output"]].flatten(1)


def jacobian_loop(net, x, classes):
    x = x.detach().requires_grad_(True)
    y, k = net(x), classes.shape[1]
    rows = [torch.autograd.grad(y.gather(1, classes[:, i : i + 1]).sum(), x, retain_graph=i < k - 1)[0] for i in range(k)]
    return torch.stack(rows, 1)


def jacobian_replicate(net, x, classes):
    k = classes.shape[1]
    copies = x.detach().repeat_interleave(k, 0).requires_grad_(True)
    total = net(copies).gather(1, classes.reshape(-1, 1)).sum()
    return torch.autograd.grad(total, copies)[0].view(x.shape[0], k, *x.shape[1:])


def jacobian_batched(net, x, classes):
    x = x.detach().requires_grad_(True)
    y = net(x)
    seeds = torch.zeros(classes.shape[1], *y.shape, device=y.device)
    for k in range(classes.shape[1]):
        seeds[k].scatter_(1, classes[:, k : k + 1], 1.0)
    return torch.autograd.grad(y, x, seeds, is_grads_batched=True)[0].transpose(0, 1)


FORMULATIONS = {"loop": jacobian_loop, "replicate": jacobian_replicate, "grads_batched": jacobian_batched}


def deepfool(net, jacobian, images, classes, steps):
    """l2 DeepFool as in LTS4/universal on a whole batch; images that are done leave it. -> r, iterations, labels."""
    with torch.no_grad():
        logits = net(images)
        candidates = logits.topk(classes, 1)[1]
    r = torch.zeros_like(images)
    iterations = torch.zeros(len(images), dtype=torch.long, device=images.device)
    active = torch.arange(len(images), device=images.device)
    labels = candidates[:, 0].clone()
    for _ in range(steps):
        chosen = candidates[active]
        rows = jacobian(net, images[active] + 1.02 * r[active], chosen).flatten(2)
        with torch.no_grad():
            f = logits.gather(1, chosen)
            w = rows[:, 1:] - rows[:, :1]
            norms = w.norm(dim=2)
            distances = (f[:, 1:] - f[:, :1]).abs() / norms
            best = distances.argmin(1, keepdim=True)
            step = (distances / norms).gather(1, best)
            nearest = w.gather(1, best[:, :, None].expand(-1, 1, w.shape[2])).squeeze(1)
            r[active] += (step * nearest).view_as(r[active])
            iterations[active] += 1
            logits = net(images[active] + 1.02 * r[active])
            labels[active] = logits.argmax(1)
            left = labels[active] == candidates[active, 0]
            active, logits = active[left], logits[left]
        if not len(active):
            break
    return 1.02 * r, iterations, labels


def universal(net, jacobian, images, classes, radius, orders):
    """Passes of LTS4/universal for l_inf: sequential, one image at a time, the fooling rate after each pass. The order of
    each pass is given, so that step for step it does what others do in that order."""
    with torch.no_grad():
        clean = torch.cat([net(x).argmax(1) for x in images.split(64)])
    v = torch.zeros_like(images[:1])
    for order in orders:
        for n in order:
            x = images[n : n + 1] + v
            with torch.no_grad():
                if net(x).argmax(1)[0] != clean[n]:
                    continue
            r, iterations, _ = deepfool(net, jacobian, x, classes, 10)
            if iterations[0] < 9:
                v = (v + r).clamp(-radius, radius)
        with torch.no_grad():
            moved = torch.cat([net(x + v).argmax(1) for x in images.split(64)])
        rate = (moved != clean).float().mean()
    return v, rate


def milliseconds(call):
    start = time.perf_counter()
    call()
    return 1e3 * (time.perf_counter() - start)


def fastest(variants, budget=2000, rounds=6):
    """Times all in turns, those that have not fallen far behind again and again, and returns the name of the fastest and
    its shortest and the others' shortest times (ms), or errors. The first call prepares kernels and memory."""
    found = {}
    for name, call in variants.items():
        try:
            found[name] = milliseconds(call)
        except (RuntimeError, NotImplementedError) as error:
            found[name] = str(error).splitlines()[0][:120]
    timed = {name: t for name, t in found.items() if isinstance(t, float)}
    if not timed:
        raise ValueError(f"no formulation works: {found}")
    spent = 0.0
    for turn in range(rounds):
        # The first call may be slow by itself; after two turns only rivals go on.
        limit = min(timed.values()) * (4 if turn == 0 else 1.5)
        for name in [name for name, t in timed.items() if t <= limit]:
            took = milliseconds(variants[name])
            timed[name] = min(timed[name], took)
            spent += took
        if turn > 0 and spent > budget:
            break
    return min(timed, key=timed.get), {**found, **timed}


def gemm_rate():
    """GFLOP/s of a matrix product: some builds come with a BLAS that makes all of PyTorch ten times slower."""
    a = torch.ones(512, 512)  # On the CPU: it is a CPU's BLAS that is in doubt.
    return 2 * 512**3 / min(milliseconds(lambda: a @ a) for _ in range(8)) / 1e6


class Peer:
    def __init__(self, device):
        self.device = device

    def open(self, request):
        import numpy

        torch.manual_seed(0)
        torch.backends.cudnn.benchmark = True
        torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False
        torch.set_num_threads(request["threads"])
        weights = numpy.fromfile(request["weights"], dtype=numpy.float32)
        with open(request["network"]) as file:
            graph = json.load(file)
        self.shape, self.chosen = graph["shape"], {}
        graphs = {"contiguous": graph, "channels_last": graph}
        fused = fused_attention(graph["nodes"], graph["output"])
        # PyTorch 2 and later.
        if fused and hasattr(F, "scaled_dot_product_attention"):
            graphs["attention"] = {**graph, "nodes": fused}
        self.nets = {layout: Net(of, weights, layout == "channels_last", self.device) for layout, of in graphs.items()}
        self.name = torch.cuda.get_device_name(self.device) if self.device.type == "cuda" else None
        return {"version": torch.__version__, "threads": torch.get_num_threads(), "gemm": gemm_rate()}

    def images(self, path, first, count):
        import numpy

        x = torch.from_numpy(numpy.fromfile(path, dtype=numpy.float32)).view(-1, *self.shape)
        x = x[first : first + count].permute(0, 3, 1, 2)
        formats = {layout: torch.channels_last if layout == "channels_last" else torch.contiguous_format for layout in self.nets}
        return {layout: x.contiguous(memory_format=format) for layout, format in formats.items()}

    def forward(self, x):
        def call(layout):
            with torch.no_grad():
                return self.nets[layout](x[layout].to(self.device)).cpu()

        return {layout: (lambda layout=layout: call(layout)) for layout in self.nets}

    def jacobians(self, x, classes):
        return {
            f"{name}/{layout}": (lambda f=f, layout=layout: f(self.nets[layout], x[layout].to(self.device), classes).cpu())
            for layout in self.nets
            for name, f in FORMULATIONS.items()
        }

    def choose(self, variants, batch, classes):
        """The fastest Jacobian of this batch and number of classes, found once."""
        key = batch, classes
        if key not in self.chosen:
            self.chosen[key] = fastest(variants)
        return self.chosen[key]

    def prepare(self, request):
        op, classes = request["op"], request["classes"]
        x = self.images(request["images"], request.get("first", 0), request["batch"])
        with torch.no_grad():
            logits = self.nets["contiguous"](x["contiguous"].to(self.device))
        classes = min(classes, logits.shape[1])
        top = logits.topk(classes, 1)[1]
        answer = {"logits": logits.flatten().tolist()} if op == "logits" or request["batch"] <= 32 else {}
        if op == "logits":
            how, times = fastest(self.forward(x))
            self.call = self.forward(x)[how]
        elif op in ("jacobian", "gradient"):
            variants = self.jacobians(x, top)
            how, times = self.choose(variants, len(top), classes)
            self.call = variants[how]
            self.call().permute(0, 1, 3, 4, 2).contiguous().numpy().tofile(request["out"])
            answer["classes"] = top.flatten().tolist()
        else:
            # DeepFool runs at the batch given (16 tell as much as 64), the universal perturbation at one image.
            several = 1 if op == "uap_pass" else 16
            sample = {layout: t[:several] for layout, t in x.items()}
            how, times = self.choose(self.jacobians(sample, top[:several]), len(top[:several]), classes)
            name, layout = how.split("/")
            net, jacobian, images = self.nets[layout], FORMULATIONS[name], x[layout]
            if op == "uap_pass":
                self.call = lambda: [
                    t.cpu() for t in universal(net, jacobian, images.to(self.device), classes, request["radius"], request["orders"])
                ]
                v, rate = self.call()
                v[0].permute(1, 2, 0).contiguous().numpy().tofile(request["out"])
                answer["rate"] = rate.item()
            else:
                steps = 1 if op == "deepfool_step" else 50
                self.call = lambda: [t.cpu() for t in deepfool(net, jacobian, images.to(self.device), classes, steps)]
                r, iterations, labels = self.call()
                r.permute(0, 2, 3, 1).contiguous().numpy().tofile(request["out"])
                answer.update(iterations=iterations.tolist(), labels=top[:, 0].tolist(), newLabels=labels.tolist())
        return {**answer, "how": f"{how}, {self.name}" if self.name else how, "tried": times}

    def time(self, request):
        samples, end = [], time.perf_counter() + request["milliseconds"] / 1e3
        while not samples or time.perf_counter() < end:
            samples.append(milliseconds(self.call))
        return {"samples": samples}


def serve(peer):
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = getattr(peer, {"open": "open", "prepare": "prepare", "time": "time"}[request["do"]])(request)
        except Exception as error:  # Whatever went wrong is the answer; the benchmark reports it and goes on.
            answer = {"error": f"{type(error).__name__}: {error}".splitlines()[0][:200]}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    serve(Peer(torch.device(parser.parse_args().device)))
