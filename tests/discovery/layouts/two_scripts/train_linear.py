import joblib
import pandas as pd
from sklearn.linear_model import LogisticRegression

if __name__ == "__main__":
    df = pd.read_csv("data/seeds.csv")
    joblib.dump(LogisticRegression().fit(df.drop(columns="variety"), df["variety"]), "linear.joblib")
