"""Implicit ALS: factors of items, and a user's factors folded in from the history at request time.

Y. Hu, Y. Koren, C. Volinsky, "Collaborative Filtering for Implicit Feedback Datasets", ICDM 2008.
A user with confidences c over items h solves (Y'Y + r I + Yh' diag(c - 1) Yh) x = Yh' c. With
Z = Y L^-T, where L L' = Y'Y + r I, that is (I + Zh' diag(c - 1) Zh) z = Zh' c and the scores are
Z z: one matrix to keep, and a system near the identity, which conjugate gradients solve quickly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ml.systems.recommender.models.graph import build, node

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml.systems.recommender.histories import Histories

SOLVER_STEPS = 20


@dataclass(frozen=True)
class Als:
    """``whitened`` float32 [n_items, n_factors] is Z; ``confidence`` multiplies a history's weights."""

    whitened: NDArray[np.float32]
    confidence: float
    family: ClassVar[str] = "als"

    @property
    def n_items(self) -> int:
        """Items that the model can score."""
        return len(self.whitened)

    def scores(self, histories: Histories, exponent: float) -> NDArray[np.float32]:
        """Return float32 [n_users, n_items] by a direct solve for every user."""
        weighted = histories.matrix(self.n_items, exponent)
        factors = self.whitened.shape[1]
        systems = np.empty((len(histories), factors, factors))
        wanted = np.empty((len(histories), factors))
        for row in range(len(histories)):
            taken = slice(weighted.indptr[row], weighted.indptr[row + 1])
            of_items = self.whitened[weighted.indices[taken]]
            confidence = self.confidence * weighted.data[taken]
            systems[row] = of_items.T @ (of_items * (confidence - 1.0)[:, None])
            wanted[row] = confidence @ of_items
        systems += np.eye(factors)
        solved = np.linalg.solve(systems, wanted[:, :, None])[:, :, 0]
        return np.asarray(solved.astype(np.float32) @ self.whitened.T, np.float32)

    def graph(self) -> Any:
        """Return the fold-in as an ONNX model, conjugate gradients unrolled."""
        factors = self.whitened.shape[1]
        constants: dict[str, NDArray[Any]] = {
            "factors": self.whitened,
            "transposed": self.whitened.T,
            "confidence": np.array(self.confidence, np.float32),
            "one": np.array(1.0, np.float32),
            "tiny": np.array(1e-30, np.float32),
            "identity": np.eye(factors, dtype=np.float32),
            "last_axis": np.array([1], np.int64),
            "start": np.zeros(factors, np.float32),
        }
        steps = [made for step in range(SOLVER_STEPS) for made in _gradient_step(step)]
        found = node("MatMul", [f"x{SOLVER_STEPS}", "transposed"], "scores")
        return build(self.family, [*_system(), *steps, found], constants, self.n_items)


def _system() -> list[Any]:
    """Nodes for the matrix ``system``, and the first residual and direction (the right-hand side)."""
    return [
        node("Gather", ["factors", "items"], "of_items", axis=0),
        node("Mul", ["weights", "confidence"], "c"),
        node("Sub", ["c", "one"], "excess"),
        node("Unsqueeze", ["excess", "last_axis"], "column"),
        node("Mul", ["of_items", "column"], "scaled"),
        node("Transpose", ["of_items"], "of_items_t", perm=[1, 0]),
        node("MatMul", ["of_items_t", "scaled"], "products"),
        node("Add", ["products", "identity"], "system"),
        node("MatMul", ["c", "of_items"], "r0"),
        node("Identity", ["r0"], "p0"),
        node("Identity", ["start"], "x0"),
        node("MatMul", ["r0", "r0"], "rr0"),
    ]


def _gradient_step(step: int) -> list[Any]:
    """One step of conjugate gradients (Hestenes and Stiefel 1952); ``tiny`` keeps 0 / 0 at 0."""
    this, after = str(step), str(step + 1)
    return [
        node("MatMul", ["system", f"p{this}"], f"ap{this}"),
        node("MatMul", [f"p{this}", f"ap{this}"], f"pap{this}"),
        node("Add", [f"pap{this}", "tiny"], f"curvature{this}"),
        node("Div", [f"rr{this}", f"curvature{this}"], f"length{this}"),
        node("Mul", [f"length{this}", f"p{this}"], f"dx{this}"),
        node("Add", [f"x{this}", f"dx{this}"], f"x{after}"),
        node("Mul", [f"length{this}", f"ap{this}"], f"dr{this}"),
        node("Sub", [f"r{this}", f"dr{this}"], f"r{after}"),
        node("MatMul", [f"r{after}", f"r{after}"], f"rr{after}"),
        node("Add", [f"rr{this}", "tiny"], f"rr_safe{this}"),
        node("Div", [f"rr{after}", f"rr_safe{this}"], f"beta{this}"),
        node("Mul", [f"beta{this}", f"p{this}"], f"kept{this}"),
        node("Add", [f"r{after}", f"kept{this}"], f"p{after}"),
    ]


def whiten(item_factors: NDArray[Any], regularization: float) -> NDArray[np.float32]:
    """Return Z = Y L^-T float32 [n_items, n_factors], where L L' = Y'Y + regularization I."""
    factors = np.asarray(item_factors, np.float64)
    lower = np.linalg.cholesky(factors.T @ factors + regularization * np.eye(factors.shape[1]))
    return np.linalg.solve(lower, factors.T).T.astype(np.float32)


def fit_als(
    histories: Histories,
    n_items: int,
    factors: int,
    regularization: float,
    confidence: float,
    iterations: int,
    seed: int,
) -> Als:
    """Alternate least squares over binary histories with ``implicit``; the same seed, the same factors."""
    from implicit.cpu.als import AlternatingLeastSquares
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, "blas"):
        trainer = AlternatingLeastSquares(
            factors=factors,
            regularization=regularization,
            alpha=confidence,
            iterations=iterations,
            random_state=seed,
            dtype=np.float32,
        )
        trainer.fit(histories.matrix(n_items), show_progress=False)
    return Als(whiten(trainer.item_factors, regularization), confidence)
