"""PyTorch's functions that gpu_check.py compares with. Each takes tensors on the GPU."""
import torch

TYPES = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}


def product(a, b):
    return torch.matmul(a, b)


def convolution(x, w, stride, padding):
    return torch.nn.functional.conv2d(x, w, stride=stride, padding=padding)


def attention(q, k, v, causal):
    return torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=causal)


def tensor(array):
    """A copy of an array on the GPU; bfloat16, which NumPy itself lacks, by way of f32."""
    kind = TYPES.get(array.dtype.name)
    if array.dtype.name == "bfloat16":
        array = array.astype("float32")
    value = torch.from_numpy(array).cuda()
    return value if kind is None else value.to(kind)


def prepare(function, precision):
    """The function with TF32 allowed or not, as a user would set it."""
    allowed = precision == "tf32"
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = allowed
    torch.backends.cudnn.benchmark = True
    return function


def exact(function, tensors):
    """Its result in f64, as f64 array."""
    with torch.no_grad():
        return function(*(t.double() if t.is_floating_point() else t for t in tensors)).cpu().numpy()


def milliseconds(function, tensors, seconds=0.3):
    """Of one call, by CUDA events: the median of nine rounds."""
    with torch.no_grad():
        for _ in range(3):
            function(*tensors)
        torch.cuda.synchronize()
        count, rounds = 1, []
        while len(rounds) < 9:
            begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
            begin.record()
            for _ in range(count):
                function(*tensors)
            end.record()
            end.synchronize()
            elapsed = begin.elapsed_time(end)
            if elapsed < 1000 * seconds / 20 and count < 1 << 14:
                count *= 2
                continue
            rounds.append(elapsed / count)
    return sorted(rounds)[4]
