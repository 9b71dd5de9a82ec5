-- Images out of a file, a request's body in each line, in turn; the path's prefix and the file come as arguments.
local bodies, number, prefix = {}, 0, ""

function init(arguments)
  prefix = arguments[1] or ""
  for line in io.lines(arguments[2]) do
    bodies[#bodies + 1] = line
  end
end

function request()
  number = number % #bodies + 1
  return wrk.format("POST", prefix .. "/inspect", {["content-type"] = "application/json"}, bodies[number])
end

function done(summary, latency, requests)
  local errors = summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout
  io.write(string.format("RESULT %d %d %d %d\n", summary.requests, summary.duration, latency:percentile(99), errors))
end
