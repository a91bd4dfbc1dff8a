-- Pure: the smallest change that turns some old lines into new ones.

---@class dictate.Change
---@field start_row integer 0-based, in the old text
---@field start_column integer bytes
---@field end_row integer
---@field end_column integer bytes
---@field text string what stands there instead

---@class dictate.Splice what `on_bytes` says of one change; rows and columns are absolute
---@field start_row integer
---@field start_column integer
---@field old_end_row integer
---@field old_end_column integer
---@field new_end_row integer
---@field new_end_column integer

local M = {}

---@param text string
---@param byte integer 0-based
local function inside_character(text, byte)
  local value = text:byte(byte + 1)
  return value ~= nil and value >= 0x80 and value < 0xC0
end

---@param a string
---@param b string
---@return integer bytes that both begin with, ending at a character's end
local function common_prefix(a, b)
  local length, limit = 0, math.min(#a, #b)
  while length < limit and a:byte(length + 1) == b:byte(length + 1) do
    length = length + 1
  end
  while length > 0 and (inside_character(a, length) or inside_character(b, length)) do
    length = length - 1
  end
  return length
end

---@param a string
---@param b string
---@param limit integer
---@return integer bytes that both end with, beginning at a character's start
local function common_suffix(a, b, limit)
  local length = 0
  while length < limit and a:byte(#a - length) == b:byte(#b - length) do
    length = length + 1
  end
  while length > 0 and inside_character(a, #a - length) do
    length = length - 1
  end
  return length
end

--- How much two texts have in common at their ends; the two parts do not overlap.
---@param old string
---@param new string
---@return integer prefix bytes
---@return integer suffix bytes
function M.edges(old, new)
  local prefix = common_prefix(old, new)
  return prefix, common_suffix(old, new, math.min(#old, #new) - prefix)
end

--- Compares rows. Where equal letters stand side by side it cannot tell which of them is new.
---@param old string[]
---@param new string[]
---@param row integer the row of `old[1]`
---@return dictate.Change? change nil where nothing differs
function M.between(old, new, row)
  local first = 1
  while first <= #old and first <= #new and old[first] == new[first] do
    first = first + 1
  end
  local old_last, new_last = #old, #new
  while old_last >= first and new_last >= first and old[old_last] == new[new_last] do
    old_last, new_last = old_last - 1, new_last - 1
  end
  local start_row = row + first - 1
  if old_last < first and new_last < first then
    return nil
  end
  if old_last < first or new_last < first then
    local added = table.concat(new, '\n', first, new_last)
    return {
      start_row = start_row,
      start_column = 0,
      end_row = row + old_last,
      end_column = 0,
      text = new_last < first and '' or added .. '\n',
    }
  end
  local prefix = common_prefix(old[first], new[first])
  local old_rest = #old[old_last] - (first == old_last and prefix or 0)
  local new_rest = #new[new_last] - (first == new_last and prefix or 0)
  local suffix = common_suffix(old[old_last], new[new_last], math.min(old_rest, new_rest))
  local text = table.concat(new, '\n', first, new_last)
  return {
    start_row = start_row,
    start_column = prefix,
    end_row = row + old_last - 1,
    end_column = #old[old_last] - suffix,
    text = text:sub(prefix + 1, #text - suffix),
  }
end

--- The same change as `splice` reports it, which knows where equal letters were typed.
---@param old string[]
---@param new string[]
---@param row integer the row of `old[1]` and of `new[1]`
---@param splice dictate.Splice
---@return dictate.Change? change nil where the splice does not turn `old` into `new`
function M.from_splice(old, new, row, splice)
  local first = splice.start_row - row + 1
  local old_last = splice.old_end_row - row + 1
  local new_last = splice.new_end_row - row + 1
  if first < 1 or old_last > #old or new_last > #new or #new - #old ~= new_last - old_last then
    return nil
  end
  for index = 1, first - 1 do
    if old[index] ~= new[index] then
      return nil
    end
  end
  for offset = 1, #old - old_last do
    if old[old_last + offset] ~= new[new_last + offset] then
      return nil
    end
  end
  -- Of some changes Neovim reports columns that lie past a line's end.
  local possible = splice.start_column <= #old[first]
    and splice.old_end_column <= #old[old_last]
    and splice.new_end_column <= #new[new_last]
    and (first < old_last or splice.start_column <= splice.old_end_column)
    and (first < new_last or splice.start_column <= splice.new_end_column)
  if not possible then
    return nil
  end
  local tail = old[old_last]:sub(splice.old_end_column + 1)
  if
    old[first]:sub(1, splice.start_column) ~= new[first]:sub(1, splice.start_column)
    or tail ~= new[new_last]:sub(splice.new_end_column + 1)
  then
    return nil
  end
  local text = table.concat(new, '\n', first, new_last)
  return {
    start_row = splice.start_row,
    start_column = splice.start_column,
    end_row = splice.old_end_row,
    end_column = splice.old_end_column,
    text = text:sub(splice.start_column + 1, #text - #tail),
  }
end

return M
