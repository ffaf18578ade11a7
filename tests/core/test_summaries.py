"""The sentences that say how a target is doing: what each case reads like, in Korean and in English.

The table is meant to be read: every case has the exact text that a caller gets.
"""

import re
from dataclasses import dataclass, fields
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from service.core.pace import Forecast, Pace, Progress
from service.core.standing import Facts, Standing, standing
from service.core.summaries import PACE_WORDS, summary
from service.core.targets import Metric, PlanBasis, Target
from tests.core.builders import make_target

NOV_22 = date(2026, 11, 22)
DEC_31 = date(2026, 12, 31)
JAN_15 = date(2027, 1, 15)

FACTORIES = make_target()
CONFIRMED = make_target(plan_basis=PlanBasis.CONFIRMED)
MODELS = make_target(metric=Metric.FOUNDATION_MODELS, goal=15, due_on=date(2030, 12, 31), counts_from=date(2025, 9, 10))
LONG = make_target(goal=5000, due_on=date(2030, 12, 31))
NEXT_YEAR = make_target(starts_on=date(2027, 1, 1), due_on=date(2027, 12, 31))
STEEP = make_target(trajectory=[(date(2026, 12, 30), 50)])
FRONT_LOADED = make_target(trajectory=[(date(2026, 6, 30), 100)])


@dataclass(frozen=True)
class Case:
    """A day of a target, and what is said of it. `probability` and `pace` are null for a day to come."""

    name: str
    target: Target
    as_of: date
    ko: str
    en: str
    value: int
    before: int = 0
    """The value 90 days before, or at the start."""
    waiting: int = 0
    start: int = 0
    probability: float | None = None
    pace: Pace | None = None

    @property
    def progress(self) -> Standing:
        facts = Facts(start=self.start, value=self.value, value_before=self.before, waiting=self.waiting)
        return as_progress(standing(self.target, facts, self.as_of), self.probability, self.pace)


def as_progress(found: Standing, probability: float | None, pace: Pace | None) -> Standing:
    if pace is None:
        return found
    figures = {figure.name: getattr(found, figure.name) for figure in fields(Standing)}
    return Progress(**figures, forecast=Forecast(probability, 0, 0, 0, None), pace=pace, since=None)


CASES = [
    # --- while it runs ---
    Case(
        name="at risk, some waiting",
        target=FACTORIES,
        as_of=NOV_22,
        value=84,
        before=62,
        waiting=6,
        probability=0.2345,
        pace=Pace.AT_RISK,
        ko=(
            "2026년 11월 22일 기준 AI 팩토리는 2026년 12월 31일까지의 목표 100개 중 84개로, 계획(시기별 배분은 "
            "가정)보다 19일 늦으며, 추진 상황은 ‘주의’(기한 내 달성 확률 23%)입니다. "
            "기한까지 남은 39일 동안 16개(월 12.3개)가 필요한데 최근 실적은 월 7.3개이며, 확인 대기 6개(확률에 "
            "이미 반영)가 확인되면 실적은 90개가 됩니다."
        ),
        en=(
            "On 22 November 2026, AI factories stand at 84 of the 100 due by 31 December 2026, 19 days behind the "
            "plan (its shape is an assumption); the chance of reaching the goal in time is 23% (at risk). "
            "The goal takes 16 more in the 39 days left (12.3 a month), against 7.3 a month lately, and the 6 "
            "records waiting for review (already part of that chance) would make it 90 once verified."
        ),
    ),
    Case(
        name="behind, nothing waiting, plan confirmed",
        target=CONFIRMED,
        as_of=NOV_22,
        value=60,
        before=45,
        probability=0.0004,
        pace=Pace.BEHIND,
        ko=(
            "2026년 11월 22일 기준 AI 팩토리는 2026년 12월 31일까지의 목표 100개 중 60개로, 계획보다 107일 늦으며, "
            "추진 상황은 ‘지연’(기한 내 달성 확률 1% 미만)입니다. "
            "기한까지 남은 39일 동안 40개(월 30.8개)가 필요한데 최근 실적은 월 5개입니다."
        ),
        en=(
            "On 22 November 2026, AI factories stand at 60 of the 100 due by 31 December 2026, 107 days behind the "
            "plan; the chance of reaching the goal in time is less than 1% (behind). "
            "The goal takes 40 more in the 39 days left (30.8 a month), against 5 a month lately."
        ),
    ),
    Case(
        name="on track though a day late",
        target=FACTORIES,
        as_of=NOV_22,
        value=89,
        before=63,
        waiting=1,
        probability=0.61,
        pace=Pace.ON_TRACK,
        ko=(
            "2026년 11월 22일 기준 AI 팩토리는 2026년 12월 31일까지의 목표 100개 중 89개로, 계획(시기별 배분은 "
            "가정)보다 1일 늦으며, 추진 상황은 ‘순조’(기한 내 달성 확률 61%)입니다. "
            "기한까지 남은 39일 동안 11개(월 8.5개)가 필요하고 최근 실적은 월 8.7개이며, 확인 대기 1개(확률에 이미 "
            "반영)가 확인되면 실적은 90개가 됩니다."
        ),
        en=(
            "On 22 November 2026, AI factories stand at 89 of the 100 due by 31 December 2026, 1 day behind the "
            "plan (its shape is an assumption); the chance of reaching the goal in time is 61% (on track). "
            "The goal takes 11 more in the 39 days left (8.5 a month), with 8.7 a month lately, and the 1 record "
            "waiting for review (already part of that chance) would make it 90 once verified."
        ),
    ),
    Case(
        name="as fast as is needed",
        target=CONFIRMED,
        as_of=NOV_22,
        value=74,
        before=14,
        probability=0.35,
        pace=Pace.AT_RISK,
        ko=(
            "2026년 11월 22일 기준 AI 팩토리는 2026년 12월 31일까지의 목표 100개 중 74개로, 계획보다 55일 늦으며, "
            "추진 상황은 ‘주의’(기한 내 달성 확률 35%)입니다. "
            "기한까지 남은 39일 동안 26개(월 20개)가 필요하고 최근 실적은 월 20개입니다."
        ),
        en=(
            "On 22 November 2026, AI factories stand at 74 of the 100 due by 31 December 2026, 55 days behind the "
            "plan; the chance of reaching the goal in time is 35% (at risk). "
            "The goal takes 26 more in the 39 days left (20 a month), with 20 a month lately."
        ),
    ),
    Case(
        name="on track, level with the plan",
        target=CONFIRMED,
        as_of=date(2026, 7, 2),
        value=50,
        before=25,
        probability=0.55,
        pace=Pace.ON_TRACK,
        ko=(
            "2026년 7월 2일 기준 AI 팩토리는 2026년 12월 31일까지의 목표 100개 중 50개로, 계획대로이며, 추진 "
            "상황은 ‘순조’(기한 내 달성 확률 55%)입니다. "
            "기한까지 남은 182일 동안 50개(월 8.2개)가 필요하고 최근 실적은 월 8.3개입니다."
        ),
        en=(
            "On 2 July 2026, AI factories stand at 50 of the 100 due by 31 December 2026, level with the plan; the "
            "chance of reaching the goal in time is 55% (on track). "
            "The goal takes 50 more in the 182 days left (8.2 a month), with 8.3 a month lately."
        ),
    ),
    Case(
        name="ahead, the waiting would reach the goal",
        target=FACTORIES,
        as_of=NOV_22,
        value=97,
        before=70,
        waiting=3,
        probability=0.9987,
        pace=Pace.AHEAD,
        ko=(
            "2026년 11월 22일 기준 AI 팩토리는 2026년 12월 31일까지의 목표 100개 중 97개로, 계획(시기별 배분은 "
            "가정)보다 29일 빠르며, 추진 상황은 ‘앞섬’(기한 내 달성 확률 99% 초과)입니다. "
            "기한까지 남은 39일 동안 3개(월 2.3개)가 필요하고 최근 실적은 월 9개이며, 확인 대기 3개(확률에 이미 "
            "반영)가 확인되면 실적은 100개로 목표를 달성합니다."
        ),
        en=(
            "On 22 November 2026, AI factories stand at 97 of the 100 due by 31 December 2026, 29 days ahead of "
            "the plan (its shape is an assumption); the chance of reaching the goal in time is more than 99% "
            "(ahead). "
            "The goal takes 3 more in the 39 days left (2.3 a month), with 9 a month lately, and the 3 records "
            "waiting for review (already part of that chance) would make it 100 once verified and meet the goal."
        ),
    ),
    Case(
        name="foundation models, over five years",
        target=MODELS,
        as_of=NOV_22,
        value=4,
        before=3,
        start=1,
        waiting=1,
        probability=0.5,
        pace=Pace.ON_TRACK,
        ko=(
            "2026년 11월 22일 기준 AI 파운데이션 모델은 2030년 12월 31일까지의 목표 15개 중 4개로, 계획(시기별 "
            "배분은 가정)보다 66일 빠르며, 추진 상황은 ‘순조’(기한 내 달성 확률 50%)입니다. "
            "기한까지 남은 1,500일 동안 11개(월 0.2개)가 필요하고 최근 실적은 월 0.3개이며, 확인 대기 1개(확률에 "
            "이미 반영)가 확인되면 실적은 5개가 됩니다."
        ),
        en=(
            "On 22 November 2026, AI foundation models stand at 4 of the 15 due by 31 December 2030, 66 days ahead "
            "of the plan (its shape is an assumption); the chance of reaching the goal in time is 50% (on track). "
            "The goal takes 11 more in the 1,500 days left (0.2 a month), with 0.3 a month lately, and the 1 "
            "record waiting for review (already part of that chance) would make it 5 once verified."
        ),
    ),
    Case(
        name="thousands",
        target=LONG,
        as_of=date(2029, 1, 1),
        value=1200,
        before=1000,
        probability=0.01,
        pace=Pace.BEHIND,
        ko=(
            "2029년 1월 1일 기준 AI 팩토리는 2030년 12월 31일까지의 목표 5,000개 중 1,200개로, 계획(시기별 배분은 "
            "가정)보다 658일 늦으며, 추진 상황은 ‘지연’(기한 내 달성 확률 1%)입니다. "
            "기한까지 남은 729일 동안 3,800개(월 156.4개)가 필요한데 최근 실적은 월 66.7개입니다."
        ),
        en=(
            "On 1 January 2029, AI factories stand at 1,200 of the 5,000 due by 31 December 2030, 658 days behind "
            "the plan (its shape is an assumption); the chance of reaching the goal in time is 1% (behind). "
            "The goal takes 3,800 more in the 729 days left (156.4 a month), against 66.7 a month lately."
        ),
    ),
    Case(
        name="one day left, one missing, nothing lately",
        target=CONFIRMED,
        as_of=date(2026, 12, 30),
        value=99,
        before=99,
        probability=0.08,
        pace=Pace.BEHIND,
        ko=(
            "2026년 12월 30일 기준 AI 팩토리는 2026년 12월 31일까지의 목표 100개 중 99개로, 계획보다 2일 늦으며, "
            "추진 상황은 ‘지연’(기한 내 달성 확률 8%)입니다. "
            "기한까지 남은 1일 동안 1개(월 30개)가 필요한데 최근 실적은 월 0개입니다."
        ),
        en=(
            "On 30 December 2026, AI factories stand at 99 of the 100 due by 31 December 2026, 2 days behind the "
            "plan; the chance of reaching the goal in time is 8% (behind). "
            "The goal takes 1 more in the 1 day left (30 a month), against 0 a month lately."
        ),
    ),
    Case(
        name="the last day",
        target=FACTORIES,
        as_of=DEC_31,
        value=96,
        before=70,
        probability=0.0,
        pace=Pace.BEHIND,
        ko=(
            "2026년 12월 31일 기준 AI 팩토리는 2026년 12월 31일까지의 목표 100개 중 96개로, 계획(시기별 배분은 "
            "가정)보다 14일 늦으며, 추진 상황은 ‘지연’(기한 내 달성 확률 1% 미만)입니다. "
            "기한까지 남은 날은 없고 부족분은 4개입니다."
        ),
        en=(
            "On 31 December 2026, AI factories stand at 96 of the 100 due by 31 December 2026, 14 days behind the "
            "plan (its shape is an assumption); the chance of reaching the goal in time is less than 1% (behind). "
            "With no day left, 4 more would be needed."
        ),
    ),
    Case(
        name="the last day, some waiting",
        target=FACTORIES,
        as_of=DEC_31,
        value=96,
        before=70,
        waiting=4,
        probability=1.0,
        pace=Pace.ON_TRACK,
        ko=(
            "2026년 12월 31일 기준 AI 팩토리는 2026년 12월 31일까지의 목표 100개 중 96개로, 계획(시기별 배분은 "
            "가정)보다 14일 늦으며, 추진 상황은 ‘순조’(기한 내 달성 확률 99% 초과)입니다. "
            "기한까지 남은 날은 없고 부족분은 4개이며, 확인 대기 4개(확률에 이미 반영)가 확인되면 실적은 100개로 "
            "목표를 달성합니다."
        ),
        en=(
            "On 31 December 2026, AI factories stand at 96 of the 100 due by 31 December 2026, 14 days behind the "
            "plan (its shape is an assumption); the chance of reaching the goal in time is more than 99% (on "
            "track). "
            "With no day left, 4 more would be needed, and the 4 records waiting for review (already part of that "
            "chance) would make it 100 once verified and meet the goal."
        ),
    ),
    # --- not started ---
    Case(
        name="before the period",
        target=NEXT_YEAR,
        as_of=NOV_22,
        value=0,
        pace=Pace.NOT_STARTED,
        ko=(
            "2026년 11월 22일 기준 AI 팩토리는 2027년 12월 31일까지의 목표 100개 중 0개로, 2027년 1월 1일에 "
            "시작하는 목표이므로 달성 확률은 아직 산출하지 않습니다(계획의 시기별 배분은 가정). "
            "기한까지 남은 404일 동안 필요한 실적은 100개(월 7.4개)입니다."
        ),
        en=(
            "On 22 November 2026, AI factories stand at 0 of the 100 due by 31 December 2027; the period starts on "
            "1 January 2027, and no chance is worked out before (the plan's shape is an assumption). "
            "The goal takes 100 more in the 404 days left (7.4 a month)."
        ),
    ),
    Case(
        name="in the period, nothing registered yet",
        target=FACTORIES,
        as_of=date(2026, 2, 10),
        value=0,
        pace=Pace.NOT_STARTED,
        ko=(
            "2026년 2월 10일 기준 AI 팩토리는 2026년 12월 31일까지의 목표 100개 중 0개로, 계획(시기별 배분은 "
            "가정)보다 41일 늦으며, 그날까지 등록된 2026년 1월 1일 이후의 실적과 예정이 없어 달성 확률은 산출하지 "
            "않습니다. "
            "기한까지 남은 324일 동안 100개(월 9.3개)가 필요한데 최근 실적은 월 0개입니다."
        ),
        en=(
            "On 10 February 2026, AI factories stand at 0 of the 100 due by 31 December 2026, 41 days behind the "
            "plan (its shape is an assumption); no chance is worked out, for nothing from 1 January 2026 on was "
            "registered by that day. "
            "The goal takes 100 more in the 324 days left (9.3 a month), against 0 a month lately."
        ),
    ),
    Case(
        name="models from before the period, one more waiting",
        target=MODELS,
        as_of=date(2026, 2, 10),
        value=2,
        before=2,
        start=2,
        waiting=1,
        pace=Pace.NOT_STARTED,
        ko=(
            "2026년 2월 10일 기준 AI 파운데이션 모델은 2030년 12월 31일까지의 목표 15개 중 2개로, 계획(시기별 "
            "배분은 가정)보다 41일 늦으며, 그날까지 등록된 2026년 1월 1일 이후의 실적과 예정이 없어 달성 확률은 "
            "산출하지 않습니다. "
            "기한까지 남은 1,785일 동안 13개(월 0.2개)가 필요한데 최근 실적은 월 0개이며, 확인 대기 1개가 확인되면 "
            "실적은 3개가 됩니다."
        ),
        en=(
            "On 10 February 2026, AI foundation models stand at 2 of the 15 due by 31 December 2030, 41 days "
            "behind the plan (its shape is an assumption); no chance is worked out, for nothing from 1 January "
            "2026 on was registered by that day. "
            "The goal takes 13 more in the 1,785 days left (0.2 a month), against 0 a month lately, and the 1 "
            "record waiting for review would make it 3 once verified."
        ),
    ),
    # --- the goal is reached ---
    Case(
        name="met early, some waiting",
        target=FACTORIES,
        as_of=NOV_22,
        value=103,
        before=70,
        waiting=2,
        probability=1.0,
        pace=Pace.MET,
        ko=(
            "2026년 11월 22일 기준 AI 팩토리는 103개로 2026년 12월 31일까지의 목표 100개를 달성했으며, 계획(시기별 "
            "배분은 가정)보다 39일 빠릅니다. "
            "확인 대기 2개가 확인되면 실적은 105개가 됩니다."
        ),
        en=(
            "On 22 November 2026, AI factories stand at 103 and have reached the goal of 100 by 31 December 2026, "
            "39 days ahead of the plan (its shape is an assumption). "
            "Once verified, the 2 records waiting for review would make it 105."
        ),
    ),
    Case(
        name="met, after the period",
        target=FACTORIES,
        as_of=JAN_15,
        value=100,
        before=80,
        probability=1.0,
        pace=Pace.MET,
        ko=(
            "2027년 1월 15일 기준 AI 팩토리는 100개로 2026년 12월 31일까지의 목표 100개를 달성했습니다(계획의 "
            "시기별 배분은 가정)."
        ),
        en=(
            "On 15 January 2027, AI factories stand at 100 and have reached the goal of 100 by 31 December 2026 "
            "(the plan's shape is an assumption)."
        ),
    ),
    Case(
        name="met, after the day the plan asked for it",
        target=FRONT_LOADED,
        as_of=NOV_22,
        value=100,
        before=90,
        probability=1.0,
        pace=Pace.MET,
        ko=(
            "2026년 11월 22일 기준 AI 팩토리는 100개로 2026년 12월 31일까지의 목표 100개를 달성했습니다(계획의 "
            "시기별 배분은 가정)."
        ),
        en=(
            "On 22 November 2026, AI factories stand at 100 and have reached the goal of 100 by 31 December 2026 "
            "(the plan's shape is an assumption)."
        ),
    ),
    Case(
        name="met, plan confirmed",
        target=CONFIRMED,
        as_of=JAN_15,
        value=101,
        before=80,
        probability=1.0,
        pace=Pace.MET,
        ko=("2027년 1월 15일 기준 AI 팩토리는 101개로 2026년 12월 31일까지의 목표 100개를 달성했습니다."),
        en=("On 15 January 2027, AI factories stand at 101 and have reached the goal of 100 by 31 December 2026."),
    ),
    # --- after the last day ---
    Case(
        name="missed",
        target=FACTORIES,
        as_of=JAN_15,
        value=96,
        before=80,
        probability=0.0,
        pace=Pace.MISSED,
        ko=(
            "AI 팩토리는 기한인 2026년 12월 31일까지 목표 100개 중 96개에 그쳐 4개 차이로 미달했으며, 계획(시기별 "
            "배분은 가정)보다 14일 늦었습니다."
        ),
        en=(
            "AI factories came to 96 of the 100 due by 31 December 2026, 14 days behind the plan (its shape is an "
            "assumption): the goal is missed by 4."
        ),
    ),
    Case(
        name="missed, whatever is verified",
        target=CONFIRMED,
        as_of=JAN_15,
        value=96,
        before=80,
        waiting=3,
        probability=0.0,
        pace=Pace.MISSED,
        ko=(
            "AI 팩토리는 기한인 2026년 12월 31일까지 목표 100개 중 96개에 그쳐 4개 차이로 미달했으며, 계획보다 "
            "14일 늦었습니다. "
            "확인 대기 3개가 확인되어도 실적은 99개로 목표에 미치지 못합니다."
        ),
        en=(
            "AI factories came to 96 of the 100 due by 31 December 2026, 14 days behind the plan: the goal is "
            "missed by 4. "
            "Even once verified, the 3 records waiting for review would only make it 99."
        ),
    ),
    Case(
        name="missed by less than a day",
        target=STEEP,
        as_of=JAN_15,
        value=99,
        before=80,
        probability=0.0,
        pace=Pace.MISSED,
        ko=(
            "AI 팩토리는 기한인 2026년 12월 31일까지 목표 100개 중 99개에 그쳐 1개 차이로 미달했으며, 계획(시기별 "
            "배분은 가정)보다 하루 미만 늦었습니다."
        ),
        en=(
            "AI factories came to 99 of the 100 due by 31 December 2026, less than a day behind the plan (its "
            "shape is an assumption): the goal is missed by 1."
        ),
    ),
    Case(
        name="the queue decides",
        target=MODELS,
        as_of=date(2031, 1, 10),
        value=14,
        before=12,
        waiting=1,
        probability=1.0,
        pace=Pace.ON_TRACK,
        ko=(
            "AI 파운데이션 모델은 기한인 2030년 12월 31일까지 목표 15개 중 14개로 1개가 모자라며, 계획(시기별 "
            "배분은 가정)보다 121일 늦었습니다. "
            "확인 대기 1개가 확인되면 실적은 15개로 목표를 달성하므로, 달성 여부는 확인 결과에 달려 있습니다."
        ),
        en=(
            "AI foundation models came to 14 of the 15 due by 31 December 2030, 121 days behind the plan (its "
            "shape is an assumption) and 1 short of the goal. "
            "Once verified, the 1 record waiting for review would make it 15 and meet the goal, so the review "
            "decides."
        ),
    ),
    # --- a day to come ---
    Case(
        name="a day to come",
        target=FACTORIES,
        as_of=date(2026, 12, 15),
        value=84,
        before=62,
        waiting=9,
        ko=(
            "현재 등록된 대로라면 2026년 12월 15일에 AI 팩토리는 2026년 12월 31일까지의 목표 100개 중 84개로, "
            "계획(시기별 배분은 가정)보다 42일 늦으며, 장래 시점이므로 달성 확률은 산출하지 않습니다. "
            "기한까지 남은 16일 동안 필요한 실적은 16개(월 30개)이며, 그날까지의 확인 대기 9개가 확인되면 실적은 "
            "93개가 됩니다."
        ),
        en=(
            "As registered so far, AI factories on 15 December 2026 stand at 84 of the 100 due by 31 December "
            "2026, 42 days behind the plan (its shape is an assumption); no chance is worked out for a day to "
            "come. "
            "The goal takes 16 more in the 16 days left (30 a month), and the 9 records waiting for review by then "
            "would make it 93 once verified."
        ),
    ),
    Case(
        name="a day to come, before the period",
        target=NEXT_YEAR,
        as_of=date(2026, 12, 15),
        value=0,
        ko=(
            "현재 등록된 대로라면 2026년 12월 15일에 AI 팩토리는 2027년 12월 31일까지의 목표 100개 중 0개로, 장래 "
            "시점이므로 달성 확률은 산출하지 않습니다(계획의 시기별 배분은 가정). "
            "기한까지 남은 381일 동안 필요한 실적은 100개(월 7.9개)입니다."
        ),
        en=(
            "As registered so far, AI factories on 15 December 2026 stand at 0 of the 100 due by 31 December 2027; "
            "no chance is worked out for a day to come (the plan's shape is an assumption). "
            "The goal takes 100 more in the 381 days left (7.9 a month)."
        ),
    ),
    Case(
        name="a day to come, after the period",
        target=CONFIRMED,
        as_of=JAN_15,
        value=84,
        before=62,
        waiting=16,
        ko=(
            "현재 등록된 대로라면 2027년 1월 15일에 AI 팩토리는 2026년 12월 31일까지의 목표 100개 중 84개로, "
            "계획보다 58일 늦으며, 장래 시점이므로 달성 확률은 산출하지 않습니다. "
            "기한까지 남은 날은 없고 부족분은 16개이며, 그날까지의 확인 대기 16개가 확인되면 실적은 100개로 목표를 "
            "달성합니다."
        ),
        en=(
            "As registered so far, AI factories on 15 January 2027 stand at 84 of the 100 due by 31 December 2026, "
            "58 days behind the plan; no chance is worked out for a day to come. "
            "With no day left, 16 more would be needed, and the 16 records waiting for review by then would make "
            "it 100 once verified and meet the goal."
        ),
    ),
    Case(
        name="a day to come, the goal reached",
        target=CONFIRMED,
        as_of=date(2026, 12, 15),
        value=100,
        before=80,
        ko=(
            "2026년 12월 15일 기준 AI 팩토리는 100개로 2026년 12월 31일까지의 목표 100개를 달성했으며, 계획보다 "
            "16일 빠릅니다."
        ),
        en=(
            "On 15 December 2026, AI factories stand at 100 and have reached the goal of 100 by 31 December 2026, "
            "16 days ahead of the plan."
        ),
    ),
    # --- a day in the past, whose counts were corrected after its pace was stored ---
    Case(
        name="called met, corrected since",
        target=CONFIRMED,
        as_of=NOV_22,
        value=97,
        before=70,
        probability=1.0,
        pace=Pace.MET,
        ko=(
            "2026년 11월 22일 기준 AI 팩토리는 2026년 12월 31일까지의 목표 100개 중 97개로, 계획보다 29일 빠르며, "
            "추진 상황은 ‘달성’(기한 내 달성 확률 99% 초과)입니다. "
            "기한까지 남은 39일 동안 3개(월 2.3개)가 필요하고 최근 실적은 월 9개입니다."
        ),
        en=(
            "On 22 November 2026, AI factories stand at 97 of the 100 due by 31 December 2026, 29 days ahead of "
            "the plan; the chance of reaching the goal in time is more than 99% (met). "
            "The goal takes 3 more in the 39 days left (2.3 a month), with 9 a month lately."
        ),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_korean_sentence(case: Case) -> None:
    assert summary(case.progress, case.target, case.as_of).ko == case.ko


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_english_sentence(case: Case) -> None:
    assert summary(case.progress, case.target, case.as_of).en == case.en


def test_every_pace_is_in_the_table() -> None:
    assert {case.pace for case in CASES} == {None, *Pace}
    assert set(PACE_WORDS) == set(Pace)


@pytest.mark.parametrize(
    ("probability", "ko", "en"),
    [
        (0.0, "1% 미만", "less than 1%"),
        (0.00999, "1% 미만", "less than 1%"),
        (0.01, "1%", "1%"),
        (0.105, "11%", "11%"),
        (0.2949, "29%", "29%"),
        (0.99, "99%", "99%"),
        (0.9901, "99% 초과", "more than 99%"),
        (1.0, "99% 초과", "more than 99%"),
    ],
)
def test_a_chance_is_no_certainty(probability: float, ko: str, en: str) -> None:
    found = as_progress(
        standing(FACTORIES, Facts(start=0, value=84, value_before=60), NOV_22), probability, Pace.ON_TRACK
    )
    said = summary(found, FACTORIES, NOV_22)
    assert f"(기한 내 달성 확률 {ko})입니다." in said.ko
    assert f"in time is {en} (on track)." in said.en


# --- in general ---


@st.composite
def summaries(draw: st.DrawFn) -> tuple[Target, Standing, date]:
    target = make_target(
        metric=draw(st.sampled_from(Metric)),
        plan_basis=draw(st.sampled_from(PlanBasis)),
        goal=draw(st.sampled_from([1, 100])),
        trajectory=draw(st.sampled_from([(), ((date(2026, 6, 30), 0),), ((date(2026, 6, 30), 1),)])),
    )
    as_of = date(2026, 1, 1) + timedelta(days=draw(st.integers(-30, 400)))
    value = draw(st.integers(0, 120))
    start = draw(st.integers(0, value))
    facts = Facts(start=start, value=value, value_before=start, waiting=draw(st.integers(0, 5)))
    probability, pace = draw(st.none() | st.floats(0, 1)), draw(st.none() | st.sampled_from(Pace))
    return target, as_progress(standing(target, facts, as_of), probability, pace), as_of


@given(summaries())
@hypothesis_settings(max_examples=100)
def test_whatever_the_figures_it_is_one_or_two_whole_sentences(asked: tuple[Target, Standing, date]) -> None:
    target, progress, as_of = asked
    said = summary(progress, target, as_of)
    for text in said:
        assert 1 <= len(re.findall(r"\.(?= |$)", text)) <= 2
        assert "{" not in text
        assert "  " not in text
    assert all(sentence.endswith("다") for sentence in re.sub(r"\([^)]*\)(?=\.)", "", said.ko).rstrip(".").split(". "))


@given(summaries())
@hypothesis_settings(max_examples=100)
def test_an_assumed_plan_is_always_called_one_and_a_confirmed_one_never(asked: tuple[Target, Standing, date]) -> None:
    target, progress, as_of = asked
    said = summary(progress, target, as_of)
    is_assumed = target.plan_basis is PlanBasis.ASSUMED
    assert (said.ko.count("가정"), said.en.count("assumption")) == (is_assumed, is_assumed)
