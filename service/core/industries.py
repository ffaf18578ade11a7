"""The divisions of section C (manufacturing) of the Korean Standard Industrial Classification, 11th revision.

Source: Statistics Korea, KSIC Rev. 11, in force since 2024-07-01. From 27 on KSIC is one ahead of ISIC: its 30 is cars.
"""

import re
from dataclasses import dataclass

from service.core.fields import Bad


@dataclass(frozen=True, slots=True)
class Division:
    """A two-digit division."""

    code: str
    name_ko: str
    name_en: str


DIVISIONS = (
    Division("10", "식료품 제조업", "Manufacture of food products"),
    Division("11", "음료 제조업", "Manufacture of beverages"),
    Division("12", "담배 제조업", "Manufacture of tobacco products"),
    Division("13", "섬유제품 제조업; 의복 제외", "Manufacture of textiles, except apparel"),
    Division(
        "14",
        "의복, 의복 액세서리 및 모피제품 제조업",
        "Manufacture of wearing apparel, clothing accessories and fur articles",
    ),
    Division("15", "가죽, 가방 및 신발 제조업", "Manufacture of leather, luggage and footwear"),
    Division(
        "16",
        "목재 및 나무제품 제조업; 가구 제외",
        "Manufacture of wood and of products of wood and cork; except furniture",
    ),
    Division("17", "펄프, 종이 및 종이제품 제조업", "Manufacture of pulp, paper and paper products"),
    Division("18", "인쇄 및 기록매체 복제업", "Printing and reproduction of recorded media"),
    Division(
        "19", "코크스, 연탄 및 석유정제품 제조업", "Manufacture of coke, briquettes and refined petroleum products"
    ),
    Division(
        "20",
        "화학 물질 및 화학제품 제조업; 의약품 제외",
        "Manufacture of chemicals and chemical products; except pharmaceuticals and medicinal chemicals",
    ),
    Division(
        "21",
        "의료용 물질 및 의약품 제조업",
        "Manufacture of pharmaceuticals, medicinal chemical and botanical products",
    ),
    Division("22", "고무 및 플라스틱제품 제조업", "Manufacture of rubber and plastics products"),
    Division("23", "비금속 광물제품 제조업", "Manufacture of other non-metallic mineral products"),
    Division("24", "1차 금속 제조업", "Manufacture of basic metals"),
    Division(
        "25",
        "금속 가공제품 제조업; 기계 및 가구 제외",
        "Manufacture of fabricated metal products, except machinery and furniture",
    ),
    Division(
        "26",
        "전자 부품, 컴퓨터, 영상, 음향 및 통신장비 제조업",
        "Manufacture of electronic components, computer; visual, sounding and communication equipment",
    ),
    Division(
        "27",
        "의료, 정밀, 광학 기기 및 시계 제조업",
        "Manufacture of medical, precision and optical instruments, watches and clocks",
    ),
    Division("28", "전기장비 제조업", "Manufacture of electrical equipment"),
    Division("29", "기타 기계 및 장비 제조업", "Manufacture of other machinery and equipment"),
    Division("30", "자동차 및 트레일러 제조업", "Manufacture of motor vehicles, trailers and semitrailers"),
    Division("31", "기타 운송장비 제조업", "Manufacture of other transport equipment"),
    Division("32", "가구 제조업", "Manufacture of furniture"),
    Division("33", "기타 제품 제조업", "Other manufacturing"),
    Division(
        "34", "산업용 기계 및 장비 수리업", "Maintenance and repair services of industrial machinery and equipment"
    ),
)
BY_CODE = {division.code: division for division in DIVISIONS}
LONGEST = 5
"""The digits of a code that has none below it."""
_CODE = re.compile(rf"C?([0-9]{{2,{LONGEST}}})")


def resolve(raw: object) -> str:
    """Take a code of two to five digits, also with the section's letter (`C26`); return its digits.

    The digits after the division are checked for form only.

    Raises:
        Bad: not text, or not within section C.
    """
    if not isinstance(raw, str):
        raise Bad("not_text")
    match = _CODE.fullmatch(raw.strip().upper())
    if not match or match[1][:2] not in BY_CODE:
        raise Bad("unknown_industry")
    return match[1]


def division_of(code: str) -> Division:
    """Return the division that `code` rolls up to."""
    return BY_CODE[code[:2]]
