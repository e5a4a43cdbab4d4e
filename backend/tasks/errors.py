"""What whoever asked for a task can be told."""

from backend.common.errors import DomainError


class TaskEnded(DomainError):
    code = "task.ended"
    status = 409
    fields = ("task",)
    zh = "任务已经结束，无需取消。请刷新查看结果。"
    en = "The task has ended and cannot be cancelled. Reload it to see how."


class TooManyTasks(DomainError):
    code = "task.too_many"
    status = 409
    zh = "您已有 {limit} 个任务尚未完成。请等待其完成或取消其中一个后再试。"
    en = "You have {limit} tasks that have not ended. Wait for one or cancel one, then ask again."


class TaskFailed(DomainError):
    """What a task is left with when the server failed at it each time."""

    code = "task.failed"
    status = 500
    zh = "服务器多次尝试仍未能完成。请重新提交；若仍失败，请联系管理员并告知任务编号。"
    en = "The server failed each time it tried. Ask again; if it fails again, give an operator the task's id."


class TaskLost(Exception):
    """Cancelled, or taken over by another process: whoever works on it has to stop at once."""
