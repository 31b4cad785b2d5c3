"""Synthetic second-trimester fetal sweeps with known planes, events and gaze.

Data to try everything on without a patient: an analytic fetus, scatterers fixed in its
space, a convex probe in a free hand (design: field.md, "Synthetic sweeps").
"""

from insonify.phantom.build import make_phantom
from insonify.phantom.exam import Outcome
from insonify.phantom.options import PhantomOptions

__all__ = ["Outcome", "PhantomOptions", "make_phantom"]
