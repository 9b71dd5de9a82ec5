"""AWS's price list as its API documents it: GetProducts, TERM_MATCH filters, pages, JSON in strings."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAGE = 2


def product(service, usage, usd, unit="Hrs", region="us-east-1", begin="0", **attributes):
    family = attributes.pop("productFamily", None)
    told = {"usagetype": usage, "regionCode": region, "servicecode": service} | attributes
    dimension = {"unit": unit, "beginRange": begin, "endRange": "Inf", "pricePerUnit": {"USD": f"{usd:.10f}"}}
    return {
        "product": {"sku": usage, "attributes": told} | ({"productFamily": family} if family else {}),
        "serviceCode": service,
        "terms": {
            "OnDemand": {f"{usage}.JRTCKXETXF": {"priceDimensions": {f"{usage}.6YS6EN2CT7": dimension}}}
        },
        "version": "20261120000000",
    }


class PriceListServer(ThreadingHTTPServer):
    """Answers from ``products``; ``refusal`` is an error to answer with instead, as (status, code)."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.products = []
        self.refusal = None
        self.asked = []
        self.thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self.thread.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"

    def matching(self, request):
        wanted = {each["Field"]: each["Value"] for each in request.get("Filters", ())}
        assert all(each["Type"] == "TERM_MATCH" for each in request.get("Filters", ()))
        for each in self.products:
            told = each["product"]["attributes"] | {"productFamily": each["product"].get("productFamily")}
            if each["serviceCode"] == request["ServiceCode"] and wanted.items() <= told.items():
                yield json.dumps(each)


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append(request)
        if self.headers["X-Amz-Target"] != "AWSPriceListService.GetProducts":
            self._answer(400, {"__type": "UnknownOperationException"})
        elif self.server.refusal:
            status, code = self.server.refusal
            self._answer(status, {"__type": code, "Message": "not allowed"})
        else:
            found = list(self.server.matching(request))
            start = int(request.get("NextToken", "0"))
            more = {"NextToken": str(start + PAGE)} if start + PAGE < len(found) else {}
            self._answer(200, {"FormatVersion": "aws_v1", "PriceList": found[start : start + PAGE]} | more)

    def _answer(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_arguments):
        """Say nothing."""
