-- One short text for the statusline: empty while nothing is dictated, downloaded or loaded, save the
-- last latency where it is wanted, and how what is said is written where that was chosen.

local config = require('dictate.config')
local hands_free = require('dictate.hands_free')
local indicator = require('dictate.indicator')
local latency = require('dictate.latency')
local progress = require('dictate.progress')
local utterances = require('dictate.utterances')
local writing_mode = require('dictate.writing_mode')

local M = {}

local MODE_NAMES = { handsFree = 'hands-free', vibe = 'vibe' }

---@return string
local function dictation()
  local utterance = utterances.current()
  local spoken = utterances.speaking()
  local mode = hands_free.mode() or (spoken and spoken.mode)
  local name = mode and MODE_NAMES[mode]
  if spoken and spoken.state == 'listening' then
    local seconds = math.floor((vim.uv.now() - spoken.heard_since_ms) / 1000)
    local time = ('%d:%02d'):format(math.floor(seconds / 60), seconds % 60)
    local meter = indicator.meter(spoken.level_dbfs)
    -- Utterances come and go in a hands-free mode; that it is on counts.
    return ('%s %s %s'):format(indicator.icon(spoken.mode), meter, name or time)
  end
  local state = utterance and utterance.state .. '…'
  return name and state and name .. ': ' .. state or name or state or ''
end

---@return string
local function last_latency()
  return config.get().statusline.latency and latency.text() or ''
end

-- The default goes without saying, and so does what a hands-free mode is named after.
---@return string
local function mode()
  local name = writing_mode.current()
  return name ~= 'auto' and name ~= hands_free.mode() and name or ''
end

---@param parts string[]
---@return string
local function joined(parts)
  return table.concat(
    vim.tbl_filter(function(part)
      return part ~= ''
    end, parts),
    ' · '
  )
end

---@return string
function M.text()
  local activity = joined({ dictation(), progress.text() })
  return joined({ activity ~= '' and activity or last_latency(), mode() })
end

return M
