-- Enters channels into one user's index, before the user takes seats there: an index may have too much, never too little.
-- Each entry has a mark, new with every call, by which unindex.lua knows whether somebody else entered it since.
--
-- KEYS   1 the user's index
-- ARGV   1 least mark (now in milliseconds, and three digits)   2 channels a user may have   then the channels
-- Answer per channel its mark, '' where there was no room
-- Work   constant per channel; at most 500 channels.

local channels, marks, new = {}, {}, {}
for i = 3, #ARGV do channels[#channels + 1] = ARGV[i] end
local scores = redis.call('ZMSCORE', KEYS[1], unpack(channels))
local room = tonumber(ARGV[2]) - redis.call('ZCARD', KEYS[1])
for i = 1, #channels do
  local mark = tonumber(ARGV[1])
  if scores[i] then mark = math.max(mark, tonumber(scores[i]) + 1) end
  if scores[i] or room > 0 then
    if not scores[i] then room = room - 1 end
    marks[i] = string.format('%.0f', mark)
    new[#new + 1] = marks[i]
    new[#new + 1] = channels[i]
  else
    marks[i] = ''
  end
end
if #new > 0 then redis.call('ZADD', KEYS[1], unpack(new)) end
return marks
