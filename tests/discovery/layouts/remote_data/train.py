import joblib
import pandas as pd
from sklearn.linear_model import LinearRegression

if __name__ == "__main__":
    df = pd.read_parquet("s3://acme-data/demand/2026.parquet")
    joblib.dump(LinearRegression().fit(df.drop(columns="demand"), df["demand"]), "model.joblib")
