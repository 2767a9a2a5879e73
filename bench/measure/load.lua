-- What wrk sends, from the environment: METHOD, BODY, and with DISTINCT=1 a header of its own for each request.
-- What wrk saw is printed as one line of JSON after the mark.

local method = os.getenv("METHOD") or "GET"
local body = os.getenv("BODY") or ""
local headers = {}
if body ~= "" then headers["Content-Type"] = "application/json" end

if os.getenv("DISTINCT") == "1" then
  -- The request is put together by concatenation: wrk.format for each one would cost as much as the load itself.
  local count, first, last = 0, nil, nil
  function init()
    headers["Authorization"] = "Bearer @"
    local whole = wrk.format(method, nil, headers, body)
    local from = whole:find("@", 1, true)
    first, last = whole:sub(1, from - 1), whole:sub(from + 1)
    count = math.floor(tonumber(os.getenv("FIRST") or "0"))
  end
  function request()
    count = count + 1
    return first .. string.format("%012d", count) .. last
  end
else
  wrk.method = method
  if body ~= "" then wrk.body = body end
  wrk.headers = headers
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    'BENCH {"requests":%d,"microseconds":%d,"bytes":%d,"p50":%d,"p99":%d,"connect":%d,"read":%d,"write":%d,"status":%d,"timeout":%d}\n',
    summary.requests, summary.duration, summary.bytes, latency:percentile(50), latency:percentile(99),
    errors.connect, errors.read, errors.write, errors.status, errors.timeout))
end
