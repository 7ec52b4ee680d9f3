import numpy as np

from noria.encoders.multilingual.checkpoint import Blocks


def test_packed_numbers_are_those_that_dequantising_gives() -> None:
    rng = np.random.default_rng(0)
    blocks = Blocks(np.array([0.5, 2.0], np.float32), rng.integers(0, 256, (2, 16), dtype=np.uint8))
    packed = blocks.packed()
    nibbles = np.stack([packed & 15, packed >> 4], axis=2).reshape(2, 32).astype(int)
    signed = np.where(nibbles > 7, nibbles - 16, nibbles)
    np.testing.assert_array_equal(signed * blocks.scales[:, None], blocks.dequantised())


def test_a_block_has_its_first_half_in_the_lower_bits() -> None:
    numbers = np.zeros((1, 16), np.uint8)
    numbers[0, 3] = 0x9F  # number 3 is 15, number 19 is 9
    found = Blocks(np.ones(1, np.float32), numbers).dequantised()[0]
    assert (found[3], found[19], found[0]) == (7, 1, -8)
