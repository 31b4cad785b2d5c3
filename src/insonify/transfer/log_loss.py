"""How far probabilities are from classes; to choose options by, never reported.

Legend: B examples, C classes.
"""

import numpy as np

from insonify.transfer.examples import Floats, Integers


def class_balanced_loss(found_BC: Floats, labels_B: Integers, known: Integers) -> float:
    """Log loss, averaged in each class and then over the classes.

    Args:
        found_BC: Probabilities.
        labels_B: The right classes.
        known: The classes that were learnt from; examples of others do not count, for
            no option changes what is said of them.

    Returns:
        The loss; 0 if no example counts.
    """
    counts_B = np.isin(labels_B, known)
    if not counts_B.any():
        return 0.0
    labels_B, found_BC = labels_B[counts_B], found_BC[counts_B]
    right_B = found_BC[np.arange(len(labels_B)), labels_B]
    loss_B = -np.log(np.maximum(right_B, 1e-12))
    of_class = [loss_B[labels_B == label].mean() for label in np.unique(labels_B)]
    return float(np.mean(of_class))
