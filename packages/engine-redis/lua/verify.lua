-- In which channels of one partition a user has a seat.
--
-- KEYS   1 meta   2 seats   3 deadlines
-- ARGV   1-3 see seats.lua, then names of seats
-- Answer per seat: 2 a live one, 1 an overdue one, 0 none
-- Work   constant per seat; at most 500 seats.

local found = readSeats({ unpack(ARGV, 4) })
for n = 1, #found do
  found[n] = found[n] and (isLive(found[n], ARGV[n + 3]) and 2 or 1) or 0
end
rememberShown()
return found
