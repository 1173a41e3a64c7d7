-- Adds publications to the log of one partition.
--
-- KEYS   1 meta   2 log
-- ARGV   1 now    2 dice for a new epoch   3 place (see readPlace)   4 entriesMax   5 retentionMs, then the entries
-- Answer { the tip before, the timetokens }
-- Work   constant per entry; at most 256 entries.

openEpoch(KEYS[1], ARGV[2])
local log = {
  meta = KEYS[1], stream = KEYS[2], place = ARGV[3], entriesMax = ARGV[4], retentionMs = tonumber(ARGV[5]),
}
local entries = {}
for i = 6, #ARGV do entries[i - 5] = ARGV[i] end
local timetokens, tip = appendEntries(log, entries, tonumber(ARGV[1]))
return { tip, timetokens }
