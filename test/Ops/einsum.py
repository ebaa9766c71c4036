# REQUIRES: compile
# RUN: %python %s
from harness import Case, Const, integers, main, normal


def case(equation, *shapes, **others):
    return Case("Einsum", [normal(*shape) for shape in shapes], equation=equation, **others)


main([
    # One input: order, sum, diagonal, trace.
    case("ij->ji", (3, 4)),
    case("ijk->kij", (3, 4, 5)),
    case("ij->i", (3, 40)),
    case("ij->", (3, 40)),
    case("ijk->j", (3, 4, 5)),
    case("ii->i", (4, 4)),
    case("ii", (4, 4)),
    case("iji->j", (4, 3, 4)),
    case("ij", (3, 4)),
    case("ba", (3, 4)),
    # Two: product, inner, outer, batch, several dimensions of a kind.
    case("ij,jk->ik", (5, 7), (7, 9)),
    case("ij,jk", (5, 7), (7, 9)),
    case("ij,kj->ik", (5, 7), (9, 7)),
    case("ij,jk->ki", (5, 7), (7, 9)),
    case("i,i->", (33,), (33,)),
    case("i,j->ij", (3,), (5,)),
    case("ij,ij->ij", (3, 5), (3, 5)),
    case("ij,ij->i", (3, 50), (3, 50)),
    case("ij,j->i", (3, 50), (50,)),
    case("i,ij->j", (30,), (30, 5)),
    case("bij,bjk->bik", (2, 5, 7), (2, 7, 9)),
    case("bhid,bhjd->bhij", (2, 3, 5, 8), (2, 3, 6, 8)),
    case("bihd,bjhd->bhij", (2, 5, 3, 8), (2, 6, 3, 8)),
    case("abcd,cde->abe", (2, 3, 4, 5), (4, 5, 7)),
    case("abc,dbe->cead", (2, 3, 4), (5, 3, 6)),
    case("iij,jk->ik", (4, 4, 5), (5, 6)),
    # Summed on one side only.
    case("ij,k->k", (3, 4), (5,)),
    case("ij,jk->j", (3, 4), (4, 5)),
    # Three.
    case("ij,jk,kl->il", (3, 4), (4, 5), (5, 6)),
    case("i,j,k->kij", (3,), (4,), (5,)),
    case("ij,jk,ik->ik", (3, 4), (4, 5), (3, 5)),
    # Ellipsis: nothing, several dimensions, repeated ones.
    case("...ij,...jk->...ik", (5, 7), (7, 9)),
    case("...ij,...jk->...ik", (2, 3, 5, 7), (2, 3, 7, 9)),
    case("...ij,...jk->...ik", (2, 1, 5, 7), (1, 3, 7, 9)),
    case("...ij,jk->...ik", (2, 3, 5, 7), (7, 9)),
    case("...ii->...i", (2, 4, 4)),
    case("i...->...", (3, 4, 5)),
    case("...", (3, 4)),
    case(" b i j , b j k -> b i k ", (2, 5, 7), (2, 7, 9)),
    case("Ab,bA->A", (3, 4), (4, 3)),
    Case("Einsum", [normal(5, 16), Const(normal(16, 20))], equation="ij,jk->ik"),
    # Nothing to sum.
    case("ij,jk->ik", (5, 0), (0, 9)),
    case("ij->j", (0, 9)),
    case("bij,bjk->bik", (0, 5, 7), (0, 7, 9)),
    *[Case("Einsum", [normal(5, 7, dtype=t), normal(7, 9, dtype=t)], equation="ij,jk->ik") for t in ("float64", "float16")],
    *[Case("Einsum", [integers(0, 4, 5, 7, dtype=t), integers(0, 4, 7, 9, dtype=t)], equation=equation)
      for t in ("int32", "int64", "uint8", "int16") for equation in ("ij,jk->ik", "ij,jl->i")],
])
