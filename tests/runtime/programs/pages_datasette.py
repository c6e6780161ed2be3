"""Some pages of Datasette over the garden's notebook: `pages_datasette.py FILE`.

It knows nothing of outgrow.
"""

from __future__ import annotations

import asyncio
import re
import sys

from datasette.app import Datasette

PAGES = """
/garden/plants.json?_size=2&_shape=objects&_facet=bed_id&_sort_desc=id
/garden/plants.json?_search=plant&_shape=objects&_size=3
/garden/plants/5.json
/garden/plants.json?_size=2&_labels=on&_next=4&notes__contains=t1
/garden.json?sql=select+count(*)+from+plants+where+name+like+:p0&p0=Plant%25
/garden/tall.json
/garden/plants
/garden/visits.json?_size=1&day__gt=2024-05-20&_facet_date=day
/garden/plants.json?_facet_array=notes&_size=0
/garden/plants.json?notes__arraycontains=t1&bed_id__in=1,2
/garden/plants.csv?_size=2
/garden.json?sql=select+*+from+nothing
"""


async def main(path: str) -> None:
    """Prints the pages, without how long each took."""
    patient = dict.fromkeys(
        ("sql_time_limit_ms", "facet_time_limit_ms", "facet_suggest_time_limit_ms"), 60_000
    )
    datasette = Datasette([path], settings=patient)
    for page in PAGES.split():
        answer = await datasette.client.get(page)
        text = re.sub(r'"query_ms": [\d.]+|Queries took [\d.]+ms', "", answer.text)
        print(page, answer.status_code, text)


asyncio.run(main(sys.argv[1]))
