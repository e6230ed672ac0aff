import joblib
import pandas as pd
from sklearn.ensemble import RandomForestClassifier

if __name__ == "__main__":
    df = pd.read_csv("data/seeds.csv")
    joblib.dump(RandomForestClassifier().fit(df.drop(columns="variety"), df["variety"]), "forest.joblib")
