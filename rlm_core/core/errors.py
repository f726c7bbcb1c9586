"""The errors a person may cause. Each message is one sentence: what was wrong and what is allowed."""


class RlmError(Exception):
    """Something a person can mend; its text is shown as it stands in the page and on the command line."""


class ConfigError(RlmError):
    """A parameter, budget or name that is not allowed."""


class ProblemError(RlmError):
    """A problem that cannot be parsed, generated or checked."""


class ModelError(RlmError):
    """A model that cannot be found, loaded or used for this problem."""


class UnreadableProblem(ModelError):
    """A problem that the chosen model's notation cannot say; another model can read it."""


class NotInstalled(ModelError):
    """A model whose weights are a package that is not installed."""


class RewardError(RlmError):
    """A reward that could not be computed; it is never replaced by a default score."""


class RunNotFound(RlmError):
    """A run id that the store does not hold."""


class StoreError(RlmError):
    """A store whose database cannot be opened or does not answer any more."""


class LogError(RlmError):
    """An event log that is damaged or of another version."""


class RecordingError(LogError):
    """A call of a recorder that would make no readable log."""


class TrainingError(RlmError):
    """Labels or settings from which nothing can be trained."""


class LabelError(RlmError):
    """A label, or a file of labels and solutions, that cannot be taken."""


class ReviewError(RlmError):
    """A diff, a range of revisions or a label of a finding that cannot be taken."""


def first_line(error: BaseException) -> str:
    """The first line of what an error says, for a sentence of one's own; the name of its kind if it says nothing."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
