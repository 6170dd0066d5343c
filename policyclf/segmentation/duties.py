"""The brackets behind a task that say whose duty it is: 「（市商务局负责）」.

Such a bracket belongs to the sentence before it, on whatever line it stands and
wherever a line end cuts it.
"""

from __future__ import annotations

import re

from policyclf.segmentation.characters import BLANK, BLANK_CLASS, CLOSER_CLASS, STOPS
from policyclf.segmentation.patterns import pattern

MAX_DUTY = 400
_DUTY = pattern(
    rf"[{BLANK_CLASS}]*[（(](?:[^（）()]|[（(][^（）()]{{0,60}}[)）]){{2,{MAX_DUTY}}}[)）][。；;]?"
)
_DUTY_WORD = pattern(
    "负责|負責|牵头|牽頭|责任(?!编辑)|責任(?!編輯)|配合|指导|指導|督导|督導|参与|參與|"
    "按职责|按職責|承办|承辦|完成时限|完成時限"
)
# 「（市发改委、市财政局）」: a list of nothing but offices.
_OFFICE = pattern(
    "(?!含|包括|不含|以下|如|见|详见|原|即).{0,22}(?:[厅局委办署司廳辦]|部|政府|支队|总队|总工会|管委会|"
    "领导小组|办公室|银行|集团|公司|单位|部门|中心|支隊|總隊|單位|部門)"
)
_BETWEEN_OFFICES = pattern("[、，,；;]|[和及等与](?=[省市县区各])|等\\Z")
_BEHIND_STOP = pattern(f"[{STOPS}；;][{CLOSER_CLASS}{BLANK_CLASS}]{{0,8}}(?=[（(])")


def _says_duty(bracket: str) -> bool:
    """Whether a bracket names who has to do something; line ends in it count for nothing."""
    bare = BLANK.sub("", bracket)
    if _DUTY_WORD.search(bare):
        return True
    names = _BETWEEN_OFFICES.split(
        re.sub("[（(][^（）()]*[)）](?=.)", "", bare[1:]).rstrip("。；;)）")
    )
    return all(_OFFICE.fullmatch(name) for name in names if name) and any(names)


def duty_end(text: str, start: int, end: int) -> int:
    """Where the duty bracket ends that begins at ``start``, or ``start`` if there is none."""
    found = _DUTY.match(text, start, end)
    return found.end() if found and _says_duty(found.group()) else start


def is_cut_duty(text: str, start: int, cut: int, end: int) -> bool:
    """Whether a duty bracket behind a stop opens before ``cut`` and closes after it."""
    window = max(start, cut - MAX_DUTY)
    if text.rfind("（", window, cut) < 0 and text.rfind("(", window, cut) < 0:
        return False
    opened = [found.end() for found in _BEHIND_STOP.finditer(text, window, cut)]
    if window == start and text[start] in "（(":
        opened.insert(0, start)
    return bool(opened) and duty_end(text, opened[-1], end) > cut
