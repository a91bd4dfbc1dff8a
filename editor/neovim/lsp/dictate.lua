-- For `vim.lsp.enable('dictate')`: see :help dictate-lsp.

return require('dictate.enabled').config()
