-- One short text for the statusline: empty while nothing is dictated, downloaded or loaded.

local config = require('dictate.config')
local indicator = require('dictate.indicator')
local progress = require('dictate.progress')
local utterances = require('dictate.utterances')

local M = {}

---@return string
local function dictation()
  local utterance = utterances.current()
  if not utterance then
    return ''
  end
  if utterance.state == 'listening' then
    local seconds = math.floor((vim.uv.now() - utterance.heard_since_ms) / 1000)
    local icon = config.get().indicator.icon
    local meter = indicator.meter(utterance.level_dbfs)
    return ('%s %s %d:%02d'):format(icon, meter, math.floor(seconds / 60), seconds % 60)
  end
  return utterance.state .. '…'
end

---@return string
function M.text()
  local parts = vim.tbl_filter(function(part)
    return part ~= ''
  end, { dictation(), progress.text() })
  return table.concat(parts, ' · ')
end

return M
