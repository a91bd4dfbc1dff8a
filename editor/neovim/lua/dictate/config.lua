-- The options: defaults, overridden by `vim.g.dictate`, overridden by `setup()`.
--
-- An option of the wrong type is named once and falls back to its default.

local notify = require('dictate.notify')

---@class dictate.HoldConfig
---@field first_ms integer longest wait for the first key repeat
---@field repeat_ms integer longest wait between two key repeats

---@class dictate.IndicatorConfig
---@field enabled boolean draw at the place where the text will stand
---@field icon string shown while listening
---@field icon_hands_free string shown while listening in a hands-free mode
---@field partial_lines integer lines of text below the place at most, the last ones

---@class dictate.StatuslineConfig
---@field latency boolean show the latency of dictations while nothing is dictated

---@class dictate.RestartConfig
---@field delay_ms integer wait before the first restart; doubles with each further crash
---@field limit integer crashes within `window_ms` after which the server stays down until asked
---@field window_ms integer

---@class dictate.Config
---@field cmd? string|string[] the server's command line
---@field env table<string, string> added to the server's environment
---@field settings table the server's own settings
---@field realtime_files boolean recordings are heard at the speed at which they were spoken
---@field hold dictate.HoldConfig
---@field cancel_key string|false cancels in Normal mode while something listens
---@field indicator dictate.IndicatorConfig
---@field doubtful_ms integer words that were hardly understood are marked so long; 0: never
---@field statusline dictate.StatuslineConfig
---@field restart dictate.RestartConfig

local M = {}

---@type dictate.Config
M.defaults = {
  cmd = nil,
  env = {},
  settings = {},
  realtime_files = true,
  hold = { first_ms = 750, repeat_ms = 150 },
  cancel_key = '<Esc>',
  indicator = { enabled = true, icon = '●', icon_hands_free = '◉', partial_lines = 6 },
  doubtful_ms = 3000,
  statusline = { latency = true },
  restart = { delay_ms = 500, limit = 5, window_ms = 180000 },
}

-- Their contents are the server's or the system's business, so any key may stand there.
local open_tables = { env = true, settings = true }

---@type table
local from_setup = {}
---@type table
local from_enable = {}
---@type table<string, boolean>
local complained = {}

---@param text string
local function complain_once(text)
  if not complained[text] then
    complained[text] = true
    notify.warn(text)
  end
end

---@param path string
---@param value any
---@param default any
---@return any
local function checked(path, value, default)
  if path == 'cmd' then
    if type(value) == 'string' or (type(value) == 'table' and type(value[1]) == 'string') then
      return value
    end
    complain_once("option 'cmd' must be a string or a list of strings: it is ignored")
    return nil
  end
  if path == 'cancel_key' and value == false then
    return value
  end
  if default == nil then
    complain_once(("unknown option '%s': see :help dictate-options"):format(path))
    return nil
  end
  if type(value) ~= type(default) then
    complain_once(("option '%s' must be a %s: the default is used"):format(path, type(default)))
    return vim.deepcopy(default)
  end
  if type(default) ~= 'table' or open_tables[path] then
    return value
  end
  local result = vim.deepcopy(default)
  for key, item in pairs(value) do
    result[key] = checked(path .. '.' .. key, item, default[key])
  end
  return result
end

---@return dictate.Config
function M.get()
  local given = vim.g.dictate
  if given ~= nil and type(given) ~= 'table' then
    complain_once('vim.g.dictate must be a table: the defaults are used')
    given = nil
  end
  local result = vim.deepcopy(M.defaults)
  for name, value in pairs(vim.tbl_deep_extend('force', from_enable, given or {}, from_setup)) do
    result[name] = checked(name, value, M.defaults[name])
  end
  return result
end

---@param options? table
function M.set(options)
  from_setup = options or {}
end

--- What `vim.lsp.config('dictate', …)` holds; all others take precedence.
---@param options { cmd?: string[], env?: table<string, string>, settings?: table }
function M.set_enabled(options)
  from_enable = options
end

return M
