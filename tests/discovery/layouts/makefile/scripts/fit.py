import sys
from pathlib import Path

import joblib
import pandas as pd
from sklearn.tree import DecisionTreeClassifier

data, out = sys.argv[1:3]
seed = int(sys.argv[4])
df = pd.read_csv(data)
model = DecisionTreeClassifier(max_depth=5, random_state=seed)
model.fit(df[["income", "debt", "age"]], df["default"])
Path(out).parent.mkdir(parents=True, exist_ok=True)
joblib.dump(model, out)
