-- Recommendations for all users of MovieLens-100K in turn; the path's prefix comes as an argument.
local number, prefix = 0, ""

function init(arguments)
  prefix = arguments[1] or ""
end

function request()
  number = number % 943 + 1
  local headers = {["content-type"] = "application/json"}
  return wrk.format("POST", prefix .. "/recommend", headers, '{"user_id": ' .. number .. ', "k": 10}')
end

function done(summary, latency, requests)
  local errors = summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout
  io.write(string.format("RESULT %d %d %d %d\n", summary.requests, summary.duration, latency:percentile(99), errors))
end
