-- Sends requests picked at random from a file, and prints what came of it as one line of JSON.
-- wrk -s replay.lua URL -- FILE SEED; a line of the file is method, path and body, by tabs.

local requests = {}
local threads = 0

function setup(thread)
   threads = threads + 1
   thread:set("number", threads)
end

function init(args)
   wrk.headers["Accept"] = "application/json"
   for line in io.lines(args[1]) do
      local method, path, body = line:match("^(.-)\t(.-)\t(.*)$")
      local headers = {}
      for name, value in pairs(wrk.headers) do headers[name] = value end
      if method == "POST" then
         headers["Content-Type"] = "application/json"
         headers["Prefer"] = "return=representation"
      end
      requests[#requests + 1] = wrk.format(method, path, headers, body ~= "" and body or nil)
   end
   math.randomseed(tonumber(args[2]) * 1000 + number)
end

function request()
   return requests[math.random(#requests)]
end

function done(summary, latency)
   local errors = summary.errors
   io.write(string.format(
      'RESULT {"requests": %d, "seconds": %.6f, "p50_ms": %.4f, "p99_ms": %.4f, "errors": %d}\n',
      summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3,
      latency:percentile(99) / 1e3,
      errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
