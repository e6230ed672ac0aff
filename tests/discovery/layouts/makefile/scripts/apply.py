import sys

import joblib
import pandas as pd

model, rows, out = sys.argv[1:4]
df = pd.read_csv(rows)
df["predicted_default"] = joblib.load(model).predict(df[["income", "debt", "age"]])
df[["loan_id", "predicted_default"]].to_csv(out, index=False)
