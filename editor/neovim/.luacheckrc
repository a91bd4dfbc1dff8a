std = 'luajit'
read_globals = { 'vim' }
-- Options and globals of the editor are set by assignment.
globals = { 'vim.g', 'vim.b', 'vim.o', 'vim.bo', 'vim.wo' }
max_line_length = 120
