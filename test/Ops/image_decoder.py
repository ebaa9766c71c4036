# REQUIRES: images
# RUN: env GRAPHOPT_HOME=%build %python %s
"""ImageDecoder on files that are written here by their formats' rules, and on damaged ones.
What compresses with loss is compared in ONNX's own tests (test/Conformance)."""
import resource
import struct
import unittest
import zlib

import numpy as np
from onnx import helper
from onnx.backend.test.case.node import _image_decoder_data

import graphopt

random = np.random.default_rng(3)


def compile_decoder(pixel_format):
    node = helper.make_node("ImageDecoder", ["x"], ["y"], pixel_format=pixel_format)
    x = helper.make_tensor_value_info("x", 2, ["bytes"])
    y = helper.make_tensor_value_info("y", 2, ["rows", "columns", "channels"])
    return graphopt.compile(helper.make_model(helper.make_graph([node], "decoder", [x], [y]),
                                              opset_imports=[helper.make_opsetid("", 20)]))


def noise(*shape, most=256):
    return random.integers(0, most, shape).astype(np.uint8)


def pack(samples, bits):
    """Rows of numbers of few bits, most significant first, as rows of bytes."""
    rows = np.unpackbits(samples[..., None], axis=-1)[..., 8 - bits:].reshape(len(samples), -1)
    return np.packbits(rows, axis=-1)


def gray(samples):
    return np.repeat(samples[..., None], 3, -1)


def png(size, bits, kind, rows, *chunks, interlaced=False):
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    header = struct.pack(">IIBBBBB", size[1], size[0], bits, kind, 0, 0, interlaced)
    data = zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*c) for c in ((b"IHDR", header), *chunks, (b"IDAT", data), (b"IEND", b"")))


def bmp(pixels, bits, size, compression=0, extra=b"", colors=0, top_down=False):
    rows = pixels if top_down else pixels[::-1]
    data = b"".join(row.tobytes() + bytes(-len(row.tobytes()) % 4) for row in rows)
    start = 54 + len(extra)
    return (struct.pack("<2sIHHI", b"BM", start + len(data), 0, 0, start) + struct.pack(
        "<IiiHHIIiiII", 40, size[1], -size[0] if top_down else size[0], 1, bits, compression, len(data), 0, 0, colors, 0)
        + extra + data)


def tiff(pixels, bits, photometric, order="<", **tags):
    samples = pixels.shape[2] if pixels.ndim == 3 else 1
    fields = {256: pixels.shape[1], 257: pixels.shape[0], 258: bits, 259: 1, 262: photometric, 273: 8, 277: samples,
              278: pixels.shape[0], 279: pixels.nbytes, **{int(k[1:]): v for k, v in tags.items()}}
    if samples == 1 or bits > 8:
        parts = {}
    else:  # the numbers of bits stand behind the pixels
        parts = {258: (8 + pixels.nbytes, samples, struct.pack(order + "H", bits) * samples)}
    data = pixels.tobytes() + b"".join(p[2] for p in parts.values())
    entries = b""
    for tag, number in sorted(fields.items()):
        if tag in parts:
            entries += struct.pack(order + "HHII", tag, 3, parts[tag][1], parts[tag][0])
        elif tag in (273, 279):
            entries += struct.pack(order + "HHII", tag, 4, 1, number)
        else:
            entries += struct.pack(order + "HHIHH", tag, 3, 1, number, 0)
    return ((b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8 + len(data)) + data
            + struct.pack(order + "H", len(fields)) + entries + bytes(4))


def frozen():
    """Files that come with onnx."""
    return {name: item.data.tobytes() for name, item in vars(_image_decoder_data).items() if name.startswith("image_decoder")}


class ImagesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.rgb, cls.bgr, cls.gray = map(compile_decoder, ("RGB", "BGR", "Grayscale"))

    def decode(self, model, data):
        return model(np.frombuffer(data, np.uint8))

    def check(self, data, expected):
        np.testing.assert_array_equal(self.decode(self.rgb, data), expected)

    def refuse(self, data):
        with self.assertRaisesRegex(graphopt.RunError, "ImageDecoder reads is damaged"):
            self.decode(self.rgb, data)

    def test_png_gray(self):
        for bits in (1, 2, 4, 8):
            x = noise(5, 7, most=1 << bits)
            self.check(png((5, 7), bits, 0, pack(x, bits)), gray(x * (255 // ((1 << bits) - 1))))
        x = random.integers(0, 1 << 16, (4, 3)).astype(">u2")
        self.check(png((4, 3), 16, 0, x), gray((x >> 8).astype(np.uint8)))

    def test_png_colors(self):
        x = noise(6, 5, 4)
        self.check(png((6, 5), 8, 2, x[..., :3].copy()), x[..., :3])
        self.check(png((6, 5), 8, 6, x), x[..., :3])  # opacity is left out
        self.check(png((6, 5), 8, 4, x[..., :2].copy()), gray(x[..., 0]))
        palette, index = noise(16, 3), noise(6, 5, most=16)
        self.check(png((6, 5), 4, 3, pack(index, 4), (b"PLTE", palette.tobytes())), palette[index])
        self.check(png((6, 5), 4, 3, pack(index, 4), (b"PLTE", palette.tobytes()), (b"tRNS", b"\0\x80")), palette[index])

    def test_png_interlaced(self):
        x = noise(9, 11, 3)
        starts = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1))
        rows = [row for top, left, down, across in starts for row in x[top::down, left::across] if row.size]
        self.check(png((9, 11), 8, 2, [r.copy() for r in rows], interlaced=True), x)

    def test_bmp(self):
        x = noise(5, 7, 3)
        reverse = np.ascontiguousarray(x[..., ::-1])
        self.check(bmp(reverse, 24, (5, 7)), x)
        self.check(bmp(reverse, 24, (5, 7), top_down=True), x)
        self.check(bmp(np.dstack([reverse, noise(5, 7)]), 32, (5, 7)), x)
        self.check(bmp(x[:1, :1].copy(), 24, (1, 1)), x[:1, :1, ::-1])
        for bits in (1, 4, 8):
            palette, index = noise(1 << bits, 4), noise(5, 7, most=1 << bits)
            self.check(bmp(pack(index, bits), bits, (5, 7), extra=palette.tobytes()), palette[index][..., 2::-1])
        # Bits of 16: five for each color, or as masks say.
        x = random.integers(0, 1 << 16, (5, 7)).astype("<u2")
        channels = [(x >> 10) & 31, (x >> 5) & 31, x & 31]
        self.check(bmp(x, 16, (5, 7)), np.dstack(channels).astype(int) * 255 // 31)
        channels = [(x >> 11).astype(int) * 255 // 31, ((x >> 5) & 63).astype(int) * 255 // 63, (x & 31).astype(int) * 255 // 31]
        self.check(bmp(x, 16, (5, 7), 3, struct.pack("<III", 0xf800, 0x7e0, 0x1f)), np.dstack(channels))

    def test_bmp_refusals(self):
        index = noise(5, 8, most=16)
        palette = noise(16, 4).tobytes()
        self.refuse(bmp(index, 8, (5, 8), extra=palette[:20], colors=5))  # colors that are not there
        self.refuse(bmp(index, 8, (5, 8), compression=1, extra=palette, colors=16))
        self.refuse(bmp(index, 8, (6, 8), extra=palette, colors=16))  # a row too few
        self.refuse(bmp(index, 0, (5, 8)))
        self.refuse(bmp(index, 24, (0, 8)))

    def test_pnm(self):
        x = noise(5, 7, 3)
        self.check(b"P6 7 5 255\n" + x.tobytes(), x)
        self.check(b"P5\n# of one color\n7 5\n255\n" + x[..., 0].tobytes(), gray(x[..., 0]))
        self.check(b"P4 7 5 " + pack(x[..., 0] & 1, 1).tobytes(), gray((1 - (x[..., 0] & 1)) * 255))
        self.check(b"P3 7 5 255 " + " ".join(map(str, x.ravel())).encode(), x)
        self.check(b"P2 2 1 5 # five\n0 5", [[[0] * 3, [255] * 3]])
        self.check(b"P1 4 1 01 10", [[[255] * 3, [0] * 3, [0] * 3, [255] * 3]])
        wide = random.integers(0, 1 << 16, (5, 7, 3)).astype(">u2")
        self.check(b"P6 7 5 65535\n" + wide.tobytes(), np.floor(wide / 65535 * 255 + 0.5))

    def test_pnm_refusals(self):
        for data in (b"P6 2 2 255\n" + bytes(11), b"P3 1 1 255 1 2", b"P2 1 1 5 6", b"P2 1 1 0 0", b"P2 1 1 65536 0", b"P7 1 1",
                     b"P6 2 2 255", b"P1 1 1 2", b"P5 0 1 255 ", b"P5 -1 1 255 1", b"P"):
            self.refuse(data)

    def test_tiff(self):
        x = noise(5, 7, 4)
        one = x[..., 0].copy()
        for order in "<>":
            self.check(tiff(one, 8, 1, order), gray(one))
            self.check(tiff(one, 8, 0, order), gray(255 - one))  # 0 is white
            self.check(tiff(x[..., :3].copy(), 8, 2, order), x[..., :3])
            self.check(tiff(x, 8, 2, order, t338=2), x[..., :3])  # opacity is left out

    def test_orders_of_channels(self):
        x = noise(8, 9, 3)
        data = b"P6 9 8 255\n" + x.tobytes()
        np.testing.assert_array_equal(self.decode(self.bgr, data), x[..., ::-1])
        bright = self.decode(self.gray, data)
        self.assertEqual(bright.shape, (8, 9, 1))
        np.testing.assert_allclose(bright, x @ np.array([[0.299], [0.587], [0.114]]), atol=0.51)

    def test_refusals(self):
        for data in (b"", b"\xff\xd8\xff", b"GIF89a" + bytes(50), bytes(1000)):
            self.refuse(data)
        # Small files, large images.
        self.refuse(png((1 << 14, 1 << 13), 1, 0, []))
        self.refuse(b"P1 1000000 1000000 ")

    def test_memory(self):
        """OpenJPEG takes some for each tile and component that the header claims."""
        data = bytearray(frozen()["image_decoder_decode_jpeg2k_rgb"])
        at = data.index(b"\xff\x4f\xff\x51")
        tiles, components = bytearray(data), bytearray(data)
        tiles[at + 8:at + 16] = struct.pack(">II", 200, 200)
        tiles[at + 24:at + 32] = struct.pack(">II", 1, 1)
        components[at + 40:at + 42] = struct.pack(">H", 16384)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for bad in (tiles, components):
            self.refuse(bytes(bad))
        self.assertLess(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, 100000)

    def test_ends(self):
        for name, data in frozen().items():
            self.assertEqual(self.decode(self.rgb, data).shape, (32, 32, 3), name)
            for length in (*range(0, 60, 7), len(data) // 2, len(data) * 3 // 4):
                self.refuse(data[:length])

    def test_damage(self):
        """Other pixels, or an error; never a crash."""
        for data in [*frozen().values(), png((9, 9), 8, 2, noise(9, 9, 3))]:
            for _ in range(300):
                bad = np.frombuffer(data, np.uint8).copy()
                at = random.integers(0, min(len(bad), random.choice([64, 512, 4096])), random.integers(1, 9))
                bad[at] = noise(len(at))
                try:
                    self.decode(self.rgb, bad.tobytes())
                except graphopt.RunError:
                    pass


if __name__ == "__main__":
    unittest.main()
