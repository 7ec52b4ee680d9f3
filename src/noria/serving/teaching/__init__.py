"""What people and clients teach a function: labels, samples, annotations, feedback, roll backs."""

from noria.serving.teaching.feedback import FeedbackTeaching
from noria.serving.teaching.fields import FieldTeaching
from noria.serving.teaching.functions import FunctionTeaching
from noria.serving.teaching.importing import ImportTeaching
from noria.serving.teaching.labels import LabelTeaching
from noria.serving.teaching.samples import NamedTag, SampleTeaching

__all__ = ["NamedTag", "Teacher"]


class Teacher(
    FunctionTeaching, SampleTeaching, FeedbackTeaching, ImportTeaching, LabelTeaching, FieldTeaching
):
    """Changes what a function knows; every change is on disk when a method returns, and seen by the next call."""
