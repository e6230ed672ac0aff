args <- commandArgs(trailingOnly = TRUE)
df <- read.csv("data/sleep.csv")
model <- lm(extra ~ group, data = df)
saveRDS(model, "model.rds")
